"""The drawing board: a generator translates the sketch after every stroke."""

import base64
import html
import io

import numpy as np
import traitlets
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pix2pix_edu.classroom.display import as_html, data_url, draw_pictures
from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.language.words import catalogue, language
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.play.modules import join_modules, join_styles
from pix2pix_edu.play.subjects import SUBJECTS, paints, sample_sketches
from pix2pix_edu.random_numbers import dropout_from
from pix2pix_edu.speed.fast_step import place
from pix2pix_edu.translation import translate

try:
    import anywidget
except ImportError:
    raise ImportError("the drawing board needs the package anywidget: run  %pip install anywidget  and restart the kernel") from None

PREFIX = "data:image/png;base64,"


def draw_and_translate(generator: Generator, size: int = 128, sketch: Image.Image | None = None, drawn: str = "painted") -> "Board":
    """Return a board of `size` pixels to draw a label map on, next to its translation. It starts with `sketch` or with a sample.

    `drawn` is what the generator was trained on, a name in play.subjects.SUBJECTS; it decides which classes there are.
    """
    return Board(place(generator), size, sketch, drawn)


def draw_sketch(generator: Generator, sketch: Image.Image, seed: int = 0, drawn: str = "painted") -> tuple[Figure, str]:
    """Draw a label map next to its translation, with dropout from this seed."""
    fake = translate_sketch(generator, sketch, seed)
    return draw_pictures({"sketch x": to_tensor(sketch)[None], "fake G(x)": fake[None]}), describe(sketch, seed, drawn)


def translate_sketch(generator: Generator, sketch: Image.Image, seed: int = 0) -> Tensor:
    """Translate a label map; the same dropout seed gives the same result. Torch's global random numbers are not changed."""
    with dropout_from(seed):  # a widget is answered in a thread of its own, while a training may run in a cell
        return translate(generator, to_tensor(sketch))


def describe(sketch: Image.Image, seed: int, drawn: str = "painted") -> str:
    """Return an alt text for a sketch and its translation: each class with its share of the area."""
    colours = SUBJECTS[drawn].colours
    shares = label_ids(sketch, colours).flatten().bincount(minlength=len(colours)) / (sketch.width * sketch.height)
    largest_first = shares.argsort(descending=True, stable=True)
    names = list(colours)
    seen = [f"{names[number]} {shares[number]:.1%}" for number in largest_first if shares[number] > 0]
    return f"The sketch and its translation, dropout seed {seed}: {', '.join(seen)}."


def open_sketch(url: str, size: int, drawn: str = "painted") -> Image.Image:
    """Return the label map in a PNG data URL, with each pixel in exactly the colour of its class."""
    try:
        if not url.startswith(PREFIX):
            raise ValueError(f"it does not start with {PREFIX}")
        image = Image.open(io.BytesIO(base64.b64decode(url.removeprefix(PREFIX), validate=True)), formats=["PNG"])
        if image.size != (size, size):  # checked before the pixels are unpacked
            raise ValueError(f"it is {image.width} x {image.height}")
        labels = label_ids(image.convert("RGB"), SUBJECTS[drawn].colours)  # a browser that prevents fingerprinting changes colours slightly
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        make = "make one with data_url from pix2pix_edu.classroom.display"
        raise ValueError(f"a sketch is a PNG of {size} x {size} pixels as a data URL ({error}): {make}") from None
    palette = np.array(list(SUBJECTS[drawn].colours.values()), dtype=np.uint8)
    return Image.fromarray(palette[labels.numpy()])


class Board(anywidget.AnyWidget):
    """The drawing board in a notebook: `sketch` and `fake` are PNG data URLs, `alt` describes them."""

    # A widget may load only one module and one style sheet, so each combines two files.
    _esm = join_modules("board_widget")
    _css = join_styles("board", "board_widget")
    size = traitlets.Int().tag(sync=True)
    drawn = traitlets.Unicode().tag(sync=True)  # what the generator was trained on
    paints = traitlets.List().tag(sync=True)
    samples = traitlets.List().tag(sync=True)
    credit = traitlets.Unicode().tag(sync=True)  # of the photographs that the generator was trained on
    texts = traitlets.Dict().tag(sync=True)  # in another language, by the English ones
    sketch = traitlets.Unicode().tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    fake = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    asked = traitlets.Int(0).tag(sync=True)  # the browser counts what it sends
    answered = traitlets.Int(0).tag(sync=True)  # `fake` belongs to this count

    def __init__(self, generator: Generator, size: int, sketch: Image.Image | None, drawn: str):
        self._generator, self._translated = generator, None
        samples, colours = sample_sketches(size, drawn), SUBJECTS[drawn].colours
        super().__init__(
            size=size,
            drawn=drawn,
            paints=paints(drawn),
            samples=[{"name": name, "labels": label_ids(picture, colours).byte().numpy().tobytes()} for name, picture in samples.items()],
            sketch=data_url(sketch or list(samples.values())[-1]),
            credit=BUNDLED[drawn].credit() if drawn in BUNDLED else "",
            texts=catalogue(language(), "play"),
        )

    @property
    def picture(self) -> Image.Image:
        """The label map on the board."""
        return open_sketch(self.sketch, self.size, self.drawn)

    @traitlets.validate("sketch")
    def _check_sketch(self, proposal: dict) -> str:
        open_sketch(proposal["value"], self.size, self.drawn)
        return proposal["value"]

    @traitlets.observe("sketch", "seed", "asked")
    def _translate(self, _: dict) -> None:
        with self.hold_sync():  # send picture, alt text and count together
            while self._translated != (wanted := (self.sketch, self.seed)):  # a cell may change them meanwhile
                url, seed = wanted
                sketch = open_sketch(url, self.size, self.drawn)
                self.fake = data_url(to_image(translate_sketch(self._generator, sketch, seed)))
                self.alt = describe(sketch, seed, self.drawn)
                self._translated = wanted
            self.answered = self.asked

    _ipython_display_ = None  # with ipywidgets 7, it would be used in place of the next method

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**options)
        figure, alt = draw_sketch(self._generator, self.picture, self.seed, self.drawn)
        shown = as_html(figure, alt) + (f"<p>{html.escape(self.credit)}</p>" if self.credit else "")
        return {**data, "text/html": shown, "text/plain": alt}, metadata  # shown where there is no kernel
