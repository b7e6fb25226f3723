"""Read small JSON files that may be damaged, or may come from other people."""

import json
from pathlib import Path

LARGEST = 100_000  # bytes; a game takes about 3,000 and the predictions of a lesson about 2,000


def read_json(path: Path) -> object:
    """Read a file of JSON. Anything else gets a ValueError; other kinds of files and large files are not read."""
    if not path.is_file():  # reading a pipe would wait for ever, and /dev/zero has no end
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("it is too large")
    try:
        value = json.loads(content.decode("utf-8-sig"))
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a character, such as "\\ud800", which nothing can show
        return value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
