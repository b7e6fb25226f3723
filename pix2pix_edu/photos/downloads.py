"""Download a file from the first mirror that has all of it. A download that broke off is continued."""

import hashlib
import os
import queue
import re
import threading
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from http.client import responses as PHRASES
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from tqdm import tqdm

if TYPE_CHECKING:
    from requests import Response

WAITS = (1.0, 2.0, 4.0)  # seconds before each further round over the mirrors
TIMEOUT = (10, 30)  # seconds to connect, and without a byte of an answer
PIECE = 2**16  # bytes
# Together with the limit on size, the least speed limits the time. At 4 kB/s thirty people share a line of 1 Mbit/s.
LEAST_SPEED = 4_000  # bytes per second, on average over each SPAN
SPAN = 60.0  # seconds, longer than a line is usually interrupted
REDIRECTS = 10
TRY_LATER = (408, 416, 429, 500, 502, 503, 504)  # 416: what was kept does not fit the file there, and has been dropped


class Kind(NamedTuple):
    """What a file is, and the bytes with which all such files begin."""

    name: str
    starts: tuple[bytes, ...]


ARCHIVE = Kind("a .tar.gz archive", (b"\x1f\x8b",))


class Failure(Exception):
    """Why a mirror did not give the file, and whether asking again may help."""

    def __init__(self, reason: str, again: bool):
        super().__init__(reason)
        self.again = again


def is_address(text: str) -> bool:
    """Whether a text is the address of a web server."""
    from requests import Request, RequestException  # slow to import

    try:
        Request("GET", text).prepare()
    except (RequestException, ValueError):
        return False
    return re.fullmatch(r"https?://\S+", text, re.IGNORECASE) is not None  # older versions of requests do not mind a space


def download(addresses: Sequence[str], target: Path, most_bytes: int, waits: Sequence[float] = WAITS, kind: Kind = ARCHIVE) -> None:
    """Download one of the addresses to `target`, which appears once it is complete."""
    asked, reasons = list(addresses), {}
    target.parent.mkdir(parents=True, exist_ok=True)
    for wait in (0.0, *waits):
        if not asked:
            break
        time.sleep(wait)
        for address in list(asked):
            unfinished = target.with_name(f"{target.name}.{_host_mark(address)}.part")
            try:
                _get(address, unfinished, most_bytes, kind)
            except Failure as failure:
                if unfinished.is_file() and not unfinished.stat().st_size:
                    unfinished.unlink()
                reasons[address] = failure
                if not failure.again:
                    asked.remove(address)
            else:
                os.replace(unfinished, target)
                for part in target.parent.glob(f"{target.name}.*.part"):  # unfinished downloads from other hosts
                    part.unlink()
                return
    raise ConnectionError("; ".join(f"{address} {reason}" for address, reason in reasons.items()))


def _host_mark(address: str) -> str:
    """Eight characters for each address (http and https alike), so that parts of two hosts' files are never mixed."""
    return hashlib.sha256(address.partition("://")[2].encode()).hexdigest()[:8]


def _get(address: str, unfinished: Path, most_bytes: int, kind: Kind) -> None:
    """Download the address, or the rest of it, to `unfinished`."""
    with open(unfinished, "ab") as file, _ask(address, file.tell()) as answer:
        _check_head(file, answer)
        _save(answer, file, address.rpartition("/")[2], most_bytes)
    with open(unfinished, "rb") as file:
        start = file.read(16)
    if not start.startswith(kind.starts):  # a page in its place: a sign-in page, or a mirror's notice
        unfinished.unlink()
        raise Failure(f"does not send {kind.name} (it begins with {start!r})", False)


def _ask(address: str, kept: int) -> "Response":
    """Ask for the part of a file that follows the first `kept` bytes. The answer's content is still to be read."""
    from requests import RequestException, exceptions  # slow to import
    from urllib3.exceptions import HTTPError, ProtocolError

    # identity: the file's own bytes, not compressed again on the way
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={kept}-"} if kept else {})
    try:
        return _answer_in_time(address, headers)
    except exceptions.SSLError:
        raise Failure("offers no secure connection", False) from None
    except (exceptions.Timeout, TimeoutError):
        raise Failure("does not answer in time", True) from None
    except exceptions.ConnectionError as error:
        reached = error.args and isinstance(error.args[0], ProtocolError)
        raise Failure("broke off before it answered" if reached else "cannot be reached", True) from error
    except (RequestException, HTTPError, ValueError) as error:  # a damaged head of an answer can raise any of them
        raise Failure(f"sends an answer that cannot be understood ({type(error).__name__})", False) from error


def _answer_in_time(address: str, headers: dict[str, str]) -> "Response":
    """The answer at an address. A socket's own timeout begins anew with every byte; this one does not."""
    results: queue.SimpleQueue = queue.SimpleQueue()
    too_late = threading.Event()

    def work() -> None:
        try:
            answer = _follow(address, headers)
            if too_late.is_set():
                answer.close()
            results.put(answer)
        except Exception as error:
            results.put(error)

    threading.Thread(target=work, daemon=True).start()  # daemon: an answer that never comes does not keep Python from ending
    try:
        result = results.get(timeout=sum(TIMEOUT))
    except queue.Empty:
        too_late.set()
        raise TimeoutError from None
    if isinstance(result, Exception):
        raise result
    return result


def _follow(address: str, headers: dict[str, str]) -> "Response":
    """The answer at an address, or where that leads."""
    import requests

    with requests.Session() as session:
        session.get_redirect_target = lambda answer: None  # requests would read the whole answer that redirects, however long
        for _ in range(REDIRECTS):
            answer = session.get(address, headers=headers, stream=True, timeout=TIMEOUT)
            if not answer.is_redirect:
                return answer
            answer.close()
            following = urljoin(address, answer.headers["Location"])
            if address.lower().startswith("https:") and not following.lower().startswith("https:"):
                raise Failure("leads from a secure to an insecure connection", False)
            address = following
    raise Failure("leads from one address to the next without end", False)


def _check_head(file: IO[bytes], answer: "Response") -> None:
    """Refuse an answer that is not the file. Drop what was kept, unless the answer continues it."""
    code, kept = answer.status_code, file.tell()
    if code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or code == HTTPStatus.OK:  # OK: the whole file, although the rest was asked for
        file.truncate(0)
    if code == HTTPStatus.PARTIAL_CONTENT and not answer.headers.get("Content-Range", "").startswith(f"bytes {kept}-"):
        file.truncate(0)
        raise Failure("sends another part than the one that it was asked for", True)
    if code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise Failure(f"answers {code} ({PHRASES.get(code, 'unknown')})", code in TRY_LATER)


def _save(answer: "Response", file: IO[bytes], name: str, most_bytes: int) -> None:
    """Append the content of an answer, up to a limit, and show the progress."""
    from urllib3.exceptions import HTTPError

    kept = file.seek(0, os.SEEK_END)
    stated = answer.headers.get("Content-Length", "")
    if not re.fullmatch(r"\d{0,18}", stated):
        raise Failure(f"states a length that is not a number of bytes ({stated[:20]!r})", False)
    length = int(stated) if stated else None
    if kept + (length or 0) > most_bytes:
        raise _too_large(file, most_bytes)
    with tqdm(desc=name + (f" from {kept / 1e6:.1f} MB" if kept else ""), total=length, unit="B", unit_scale=True) as bar:
        try:
            for piece in _pieces(answer):
                if file.tell() + len(piece) > most_bytes:
                    raise _too_large(file, most_bytes)
                file.write(piece)
                bar.update(len(piece))
        except HTTPError as error:
            raise Failure(f"broke off after {file.tell():,} bytes", True) from error


def _too_large(file: IO[bytes], most_bytes: int) -> Failure:
    file.truncate(0)
    return Failure(f"sends more than {most_bytes:,} bytes, far more than this file should have", False)


def _pieces(answer: "Response") -> Iterator[bytes]:
    """The content of an answer as it arrives."""
    began, arrived = time.monotonic(), 0
    # read1 returns what has arrived, so that bytes before an interruption are kept. Some servers state an encoding for a .gz file:
    # it must not be unpacked here.
    while piece := answer.raw.read1(PIECE, decode_content=False):
        yield piece
        arrived += len(piece)
        seconds = time.monotonic() - began
        if seconds >= SPAN:
            if arrived < LEAST_SPEED * seconds:
                raise Failure(f"sends less than {LEAST_SPEED:,} bytes per second", True)
            began, arrived = time.monotonic(), 0
