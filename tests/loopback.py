"""A real web server on loopback, whose answers a test chooses: whole, broken off, slow, endless or wrong."""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("loopback.pem")


class Mirror(ThreadingHTTPServer):
    """A real server on loopback. Each request gets the next of its answers; the last answer is repeated."""

    def __init__(self, *answers, secure=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.released = list(answers), [], threading.Event()
        self.address = f"http{'s' if secure else ''}://127.0.0.1:{self.server_port}"
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Range"]))
        answers = self.server.answers
        with suppress(ConnectionError):  # the client has heard enough
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *_):
        pass


def send(data, ranges=True, until=None, stall=False, total=True, encoding=None):
    """Answer with all of `data` or the requested range; `until` breaks the connection."""

    def answer(request):
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-")) if ranges and request.headers["Range"] else 0
        if start >= len(data):
            return status(416)(request)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if encoding:
            request.send_header("Content-Encoding", encoding)
        if total:
            request.send_header("Content-Length", str(len(data) - start))
        request.end_headers()
        request.wfile.write(data[start:until])
        return silence(request) if stall else None

    return answer


def send_compressed_if_allowed(data):
    """Compress `data` for a client that accepts it."""

    def answer(request):
        allowed = "gzip" in (request.headers["Accept-Encoding"] or "")
        send(gzip.compress(data) if allowed else data, encoding="gzip" if allowed else None)(request)

    return answer


def say(*lines, then=None):
    """Answer with these lines and nothing else, then do `then`."""

    def answer(request):
        request.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return then(request) if then else None

    return answer


def without_end(request):
    while True:
        request.wfile.write(b"\x1f\x8b" * 2**15)


def drip(request):
    """One byte every hundredth of a second."""
    while not request.server.released.wait(0.01):
        request.wfile.write(b"\x1f")


def send_slowly(data):
    """Answer with 20 kB every hundredth of a second."""

    def answer(request):
        say("HTTP/1.0 200 OK", "")(request)
        for start in range(0, len(data), 20_000):
            request.wfile.write(data[start : start + 20_000])
            time.sleep(0.01)

    return answer


def lead_to(location, then=None):
    return say("HTTP/1.0 302 Found", f"Location: {location}", "", then=then)


def silence(request):
    request.server.released.wait(60)


def status(code):
    def answer(request):
        request.send_response(code)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@contextmanager
def serving() -> Iterator[Callable[..., Mirror]]:
    """A function that starts a server with these answers. All of them end with the block."""
    mirrors = []
    try:
        yield lambda *answers, **settings: mirrors.append(Mirror(*answers, **settings)) or mirrors[-1]
    finally:
        for mirror in mirrors:
            mirror.released.set()
            mirror.shutdown()
            mirror.server_close()
