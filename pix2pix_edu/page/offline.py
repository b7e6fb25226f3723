"""A page without its server: its manifest, by which a browser installs it, and the list of files that its service worker keeps."""

import hashlib
import json
from fnmatch import fnmatch
from pathlib import Path

from pix2pix_edu.files import HERE

WORKER = "offline_worker.js"
MANIFEST = "app.webmanifest"
UNFILLED = 'const [VERSION, FILES, LATER] = ["", [], []];'
# Kept when they are asked for: with them, a first visit would load more than a megabyte.
LATER = (
    *("networks/*", "runtime/*", "gallery/*", "zh.json"),
    *("figures/draw_planet*", "figures/draw_emoji*", "figures/game_*"),
    *("figures/skips_fakes_green*", "figures/skips_fakes_gable*", "figures/flow_one_answer_shop*", "figures/flow_one_answer_two*"),
)
ASIDE = (WORKER, "page.json")  # the first holds the version itself, the second is for the next build


def write_manifest(folder: Path, name: str, description: str) -> None:
    """Write what a browser needs to know to install the page of a folder as an app."""
    manifest = {
        "name": name,
        "short_name": "pix2pix",
        "description": description,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def write_worker(folder: Path) -> None:
    """Write the service worker of a complete page: other contents give another version, which replaces what a browser has kept."""
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    files = [name for name in files if name not in ASIDE]
    total = hashlib.sha256()
    for name in files:
        total.update(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
    later = [name for name in files if any(fnmatch(name, pattern) for pattern in LATER)]
    first = ["./" if name == "index.html" else name for name in files if name not in later]
    source = (HERE / "page" / "site" / WORKER).read_text("utf-8")
    if UNFILLED not in source:
        raise ValueError(f"{WORKER} has no place for its version and its files")
    filled = f"const [VERSION, FILES, LATER] = {json.dumps([total.hexdigest()[:12], first, later])};"
    (folder / WORKER).write_text(source.replace(UNFILLED, filled), "utf-8")
