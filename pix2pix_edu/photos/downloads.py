"""Download a file from the first mirror that has all of it. A download that broke off is continued."""

import hashlib
import os
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

WAITS = (1.0, 2.0, 4.0)  # seconds before each further round over the mirrors
TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of an answer
PIECE = 2**16  # bytes
TRY_LATER = (408, 416, 429, 500, 502, 503, 504)  # 416: what was kept does not fit the file there, and has been dropped


class Failure(NamedTuple):
    """Why a mirror did not give the file, and whether asking again may help."""

    reason: str
    again: bool


def download(addresses: Sequence[str], target: Path, waits: Sequence[float] = WAITS) -> None:
    """Download one of the addresses to `target`, which appears once it is complete."""
    asked, reasons = list(addresses), {}
    target.parent.mkdir(parents=True, exist_ok=True)
    for wait in (0.0, *waits):
        if not asked:
            break
        time.sleep(wait)
        for address in list(asked):
            unfinished = target.with_name(f"{target.name}.{_host_mark(address)}.part")
            failure = _get(address, unfinished)
            if not failure:
                os.replace(unfinished, target)
                for part in target.parent.glob(f"{target.name}.*.part"):  # unfinished downloads from other hosts
                    part.unlink()
                return
            if unfinished.is_file() and not unfinished.stat().st_size:
                unfinished.unlink()
            reasons[address] = failure.reason
            if not failure.again:
                asked.remove(address)
    raise ConnectionError("; ".join(f"{address} {reason}" for address, reason in reasons.items()))


def _host_mark(address: str) -> str:
    """Eight characters for each address (http and https alike), so that parts of two hosts' files are never mixed."""
    return hashlib.sha256(address.partition("://")[2].encode()).hexdigest()[:8]


def _get(address: str, unfinished: Path) -> Failure | None:
    """Download the address, or the rest of it, to `unfinished`. Return None if it is complete."""
    import requests  # slow to import

    with open(unfinished, "ab") as file:
        kept = file.tell()
        # identity: the file's own bytes, not compressed again on the way
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={kept}-"} if kept else {})
        try:
            with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as answer:
                if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    file.truncate(0)
                answer.raise_for_status()
                if answer.status_code == HTTPStatus.OK:  # the whole file, although only the rest was asked for
                    file.truncate(0)
                answer.raw.headers.pop("Content-Encoding", None)  # some servers send it for a .gz file, and it would be unpacked
                name = address.rpartition("/")[2] + (f" from {kept / 1e6:.1f} MB" if kept else "")
                length = int(answer.headers.get("Content-Length", 0)) or None
                with tqdm(desc=name, total=length, unit="B", unit_scale=True) as bar:
                    for piece in answer.iter_content(PIECE):
                        file.write(piece)
                        bar.update(len(piece))
        except requests.RequestException as error:
            file.flush()
            return _failure(error, unfinished)
    return _content_failure(unfinished)


def _failure(error: Exception, unfinished: Path) -> Failure:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError):
        return Failure(f"answers {error.response.status_code} ({error.response.reason})", error.response.status_code in TRY_LATER)
    if isinstance(error, exceptions.SSLError):
        return Failure("offers no secure connection", False)
    if isinstance(error, exceptions.Timeout):
        return Failure("does not answer in time", True)
    if isinstance(error, (exceptions.ConnectionError, exceptions.ChunkedEncodingError)):
        kept = unfinished.stat().st_size
        return Failure(f"broke off after {kept:,} bytes" if kept else "cannot be reached", True)
    return Failure(f"is not an address to download from ({error})", False)


def _content_failure(unfinished: Path) -> Failure | None:
    """Detect a page in place of the file: a sign-in page, or a mirror's notice."""
    with open(unfinished, "rb") as file:
        start = file.read(16)
    if start.startswith(b"\x1f\x8b"):
        return None
    unfinished.unlink()
    return Failure(f"does not send a .tar.gz archive (it begins with {start!r})", False)
