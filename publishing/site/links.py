"""Check a folder of HTML pages: every link within it leads somewhere, and nothing is loaded from another host."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    ("img", "src"),
    ("script", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("image", "href"),
    ("image", "xlink:href"),
    ("source", "src"),
}
IMPORT = re.compile(r"url\(\s*['\"]?(https?:)?//|@import\s+['\"](https?:)?//")


class Page(HTMLParser):
    """The names that a page has, and the addresses in it, each with whether a browser loads it by itself."""

    def __init__(self, file: Path):
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[tuple[str, bool]] = []
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id" and value:
                self.names.add(value)
            elif name in ("href", "src", "xlink:href") and value:
                self.addresses.append((value, (tag, name) in LOADED))


def problems(folder: Path) -> Iterator[str]:
    """A sentence for each link that leads nowhere, and for each file that would be loaded from another host."""
    pages = {file.resolve(): Page(file) for file in folder.rglob("*.html")}
    for file, page in pages.items():
        for address, loaded in page.addresses:
            if problem := _problem(file, address, loaded, pages):
                yield f"{file.relative_to(folder.resolve())}: {problem}"
    for file in folder.rglob("*.css"):
        if IMPORT.search(file.read_text("utf-8")):
            yield f"{file.relative_to(folder)} loads a file from another host"


def _problem(file: Path, address: str, loaded: bool, pages: dict[Path, Page]) -> str | None:
    parts = urlsplit(address)
    if parts.scheme in ("data", "mailto", "javascript"):
        return None
    if parts.scheme or parts.netloc:
        return f"{address} would be loaded from another host" if loaded else None
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return f"{address} leads to no file"
    if parts.fragment and not loaded and target in pages and "?" not in parts.fragment:
        return None if unquote(parts.fragment) in pages[target].names else f"{address} leads to no place of that page"
    return None
