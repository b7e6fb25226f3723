"""What a lesson's cells gave, as HTML that needs no kernel: figures with captions, explorables, widgets as plain figures."""

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output
from PIL import Image

from pix2pix_edu.classroom.questions import CHOOSE, COMMIT, NOTHING_ENTERED
from pix2pix_edu.page.build import BOARDS
from pix2pix_edu.weights.bundled import trained_on

ROOT = Path(__file__).parents[2]
VIEW, STATES = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"
PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
CREATED = re.compile(r"renderWith\(create(\w+)\)")
ALT = re.compile(r'(?:aria-label|alt)="([^"]*)"')
CONTROLS = {"ToggleButtons", "BoundedIntText", "Checkbox", "Dropdown", "Text", "Button", "IntSlider", "FloatSlider"}


class Site:
    """The folder that the site is written to, and what its pages share: pictures, and the contents of explorables."""

    def __init__(self, folder: Path, up: str = "../"):
        self.folder, self.up = folder, up  # which leads from a lesson's page to the folder
        self.explorables: dict[str, dict] = {}  # by file name: what each figure of a lesson shows

    def share_pictures(self, page: str, up: str | None = None) -> str:
        """The same HTML, with each picture in it as a file that several pages may show. `up` leads from the page to the folder."""
        up = self.up if up is None else up
        return PICTURE.sub(lambda found: f"{up}{self.save_picture(base64.b64decode(found[1]))}", page)

    def save_picture(self, png: bytes) -> str:
        """Write a picture, without loss, and return its address from the folder."""
        name = f"pictures/{hashlib.sha256(png).hexdigest()[:12]}.webp"
        if not (self.folder / name).exists():
            (self.folder / "pictures").mkdir(parents=True, exist_ok=True)
            Image.open(io.BytesIO(png)).save(self.folder / name, lossless=True)
        return name

    def save_explorable(self, name: str, content: dict) -> str:
        """Write what an explorable shows, and return its address from the folder."""
        text = json.dumps(content, separators=(",", ":"))
        file = f"explorables/{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
        if file not in self.explorables:
            (self.folder / "explorables").mkdir(parents=True, exist_ok=True)
            (self.folder / file).write_text(text, "utf-8")
            self.explorables[file] = content
        return file


def without_kernel(notebook: NotebookNode, site: Site) -> None:
    """Replace the outputs of an executed lesson by what a page can show."""
    models = notebook.metadata.pop("widgets", {}).get(STATES, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [shown for output in cell.outputs for shown in _shown(output, models, site)]
            cell.execution_count = None


def _shown(output: NotebookNode, models: dict, site: Site) -> Iterator[NotebookNode]:
    """The output as text or as HTML; nothing for a progress bar."""
    if output.output_type == "stream":
        text = re.sub(rf" *{re.escape(NOTHING_ENTERED)}", "", output.text).replace(f"{ROOT}/", "")  # commands name files from the checkout
        if output.name == "stdout" and text.strip():
            yield new_output("stream", name="stdout", text=text)
        return
    data = output.data
    if VIEW in data:
        page = _widget(data[VIEW]["model_id"], models, site)
    elif "text/html" in data:
        page = captioned(data["text/html"])
    elif set(data) == {"text/plain"}:
        yield output
        return
    else:
        raise SystemExit(f"an output without alt text, of {', '.join(data)}: show it with classroom.display.show")
    if page:
        yield new_output("display_data", {"text/html": site.share_pictures(page)})


def captioned(page: str) -> str:
    """A figure above its alt text as caption, unless it has a caption already."""
    alt = ALT.search(page)
    return page if alt is None or "<figcaption" in page else f"<figure>{page}<figcaption>{alt[1]}</figcaption></figure>"


def explorable(name: str, address: str, state: dict) -> str:
    """The place for a figure of `pix2pix_edu.play`; explorables.js fills it. The address begins at the home page."""
    text = html.escape(json.dumps(state))
    waiting = "<p>This figure is JavaScript; it is loaded when you come to it.</p>"
    return f'<div class="explorable" data-figure="{name}" data-content="{address}" data-state="{text}">{waiting}</div>'


def _widget(model: str, models: dict, site: Site) -> str:
    """A widget without its kernel, with one line that names its controls."""
    state = models[model]["state"]
    if made := CREATED.search(state.get("_esm", "")):
        name = made[1].lower()
        return explorable(name, site.save_explorable(name, state["data"]), state["state"])
    if "sketch" in state:
        return _board(state)
    controls: list[str] = []
    page = _without_controls(model, models, controls)
    asks = COMMIT in controls
    if controls and not asks:
        names = ", ".join(dict.fromkeys(controls))
        page = f'<p class="kernel">In a running notebook you can change this ({html.escape(names)}); it needs a kernel.</p>{page}'
    return f'<div class="{"predict" if asks else "widget"}">{page}</div>' if page else ""


def _board(state: dict) -> str:
    """A drawing board of the playground: that for what the notebook's network was trained on. Its credit is below it."""
    others = {trained_on(network)[1]: f"draw_{board.name}" for network, board in BOARDS.items()}
    credit = f"<p>{html.escape(state['credit'])}</p>" if state["credit"] else ""
    return explorable("draw", f"playground/figures/{others.get(state['drawn'], 'draw')}.json", {}) + credit


def _without_controls(model: str, models: dict, controls: list[str]) -> str:
    """The HTML of a widget and of all in it. What its controls are called is added to the list."""
    kind, state = models[model]["model_name"].removesuffix("Model"), models[model]["state"]
    if kind in ("VBox", "HBox"):
        children = [child.removeprefix("IPY_MODEL_") for child in state["children"]]
        if any(models[child]["model_name"] == "FloatProgressModel" for child in children):
            return ""
        return "".join(_without_controls(child, models, controls) for child in children)
    if kind == "HTML":
        page = state.get("value", "")
        return "" if page == CHOOSE else captioned(page) if "<" in page else f"<p>{page}</p>" if page else ""
    if kind == "RadioButtons":
        name = f"choice-{model[:8]}"
        options = (f'<label><input type="radio" name="{name}"> {html.escape(text)}</label>' for text in state["_options_labels"])
        return f"<fieldset><legend>Choose before you read on</legend>{''.join(options)}</fieldset>"
    if kind in CONTROLS:
        controls.append(state.get("description") or kind)
    return ""
