"""Write the course's address wherever it stands: python publishing/address.py OWNER/NAME (make address REPO=OWNER/NAME)."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOST = "https://github.com/"
PLACEHOLDER = "your_account/pix2pix-edu"  # nobody's: no owner of a public repository has an underscore in the name
# pyproject.toml, which states the address, comes last: until all others follow, the command can be repeated.
PLACES = ("README.md", "tests/setup_cell.py", "notebooks/*.ipynb", "docs/*.md", "web/*.html", "pyproject.toml")


def stated() -> str:
    """The address that holds now, OWNER/NAME: stated in pyproject.toml, copied everywhere else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removeprefix(HOST)


def valid(address: str) -> bool:
    """Whether GitHub would take it: letters, digits and single hyphens for the owner, dots and underscores as well for the name."""
    owner_and_name = r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*/[A-Za-z0-9._-]*[A-Za-z0-9_-]"
    return address == PLACEHOLDER or bool(re.fullmatch(owner_and_name, address)) and not address.endswith(".git")


def stamp(address: str) -> list[Path]:
    """Put this address in the place of the stated one, and name the files that changed."""
    # As bytes, so that a file's line ends stay; after the host, so that a short address cannot meet other words.
    present = re.compile(rf"(?<=github\.com/){re.escape(stated())}(?![\w-])|(?<=\.com/github/){re.escape(stated())}(?![\w-])".encode())
    changed = []
    for file in (file for place in PLACES for file in sorted(ROOT.glob(place))):
        before = file.read_bytes()
        after = present.sub(address.encode(), before)
        if after != before:
            file.write_bytes(after)
            changed.append(file)
    return changed


def main() -> None:
    """Stamp what was asked for; without a word, say which address holds."""
    if len(sys.argv) == 1:
        print(f"{stated()} is the course's address; another is set by  make address REPO=OWNER/NAME")
        return
    address = " ".join(sys.argv[1:])
    if not valid(address):
        sys.exit(f"address: write it as GitHub does, OWNER/NAME, such as ada-l/pix2pix-edu; got {address!r}")
    try:
        print(f"{address} now stands in {len(stamp(address))} files")
    except OSError as error:
        sys.exit(f"address: {error}; mend that and repeat the command")


if __name__ == "__main__":
    main()
