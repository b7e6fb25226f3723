"""A file from the first mirror that gives it whole: tried again after a while, gone on with where it broke off."""

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
TRY_LATER = (408, 416, 429, 500, 502, 503, 504)  # 416: what is kept here does not fit what is there; it is dropped


class Failure(NamedTuple):
    """Why a mirror did not give the file, and whether asking again may help."""

    reason: str
    again: bool


def download(addresses: Sequence[str], target: Path, waits: Sequence[float] = WAITS) -> None:
    """Bring one of the addresses to `target`, which appears when it is whole."""
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
                for part in target.parent.glob(f"{target.name}.*.part"):  # what other hosts began
                    part.unlink()
                return
            if unfinished.is_file() and not unfinished.stat().st_size:
                unfinished.unlink()
            reasons[address] = failure.reason
            if not failure.again:
                asked.remove(address)
    raise ConnectionError("; ".join(f"{address} {reason}" for address, reason in reasons.items()))


def _host_mark(address: str) -> str:
    """A few letters that tell a part of one host's file from a part of another's, whose bytes may differ."""
    return hashlib.sha256(address.partition("://")[2].encode()).hexdigest()[:8]


def _get(address: str, unfinished: Path) -> Failure | None:
    """Fetch the address, or the rest of it, into `unfinished`; none is no failure."""
    import pooch
    import requests  # pooch downloads with it; both would slow down every import of the library

    with open(unfinished, "ab") as file:
        kept, answers = file.tell(), []
        name = address.rpartition("/")[2] + (f" from {kept / 1e6:.1f} MB" if kept else "")
        bar = tqdm(desc=name, total=1, unit="B", unit_scale=True, delay=60)  # pooch sets the true total; no bar while nothing comes

        def prepare(answer: requests.Response, **_: object) -> None:
            answers.append(answer)
            answer.raw.headers.pop("Content-Encoding", None)  # some servers take .gz for one, and it would be unpacked on the way
            bar.delay = 0.0 if answer.ok else bar.delay
            if answer.status_code == HTTPStatus.OK:  # all of it, though a part was asked for
                file.truncate(0)

        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={kept}-"} if kept else {})  # the file's own bytes
        get = pooch.HTTPDownloader(bar, 2**16, timeout=TIMEOUT, headers=headers, hooks={"response": prepare})
        try:
            get(address, file, None)
        except requests.RequestException as error:
            if getattr(error.response, "status_code", None) == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                file.truncate(0)
            return _failure(error, unfinished)
        finally:
            bar.close()
            for answer in answers:
                answer.close()
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
    return Failure(f"is no address to download from ({error})", False)


def _content_failure(unfinished: Path) -> Failure | None:
    """A page where the file should be: a sign-in page, or a mirror's notice."""
    with open(unfinished, "rb") as file:
        start = file.read(16)
    if start.startswith(b"\x1f\x8b"):
        return None
    unfinished.unlink()
    return Failure(f"sends something else than a .tar.gz archive (it begins with {start!r})", False)
