"""Figures one can push in a notebook. They run in the browser; the kernel runs trained networks and opens files for them."""

import numpy as np
import torch
import traitlets
from PIL import Image, ImageColor

from pix2pix_edu.classroom.between_cells import between_cells
from pix2pix_edu.experiments.cells import CELLS, SEEDS
from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.images import to_tensor
from pix2pix_edu.language.words import catalogue, language
from pix2pix_edu.play import data as contents
from pix2pix_edu.play.answers import open_flow
from pix2pix_edu.play.modules import join_modules, join_styles
from pix2pix_edu.play.recorded import GRID, recorded_runs
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.onnx_graph import without_dropout

try:
    import anywidget
except ImportError:
    raise ImportError("these figures need the package anywidget: run  %pip install anywidget  and restart the kernel") from None

STYLES = ("play", "board", *contents.FIGURES)


class Figure(anywidget.AnyWidget):
    """One figure. `state` is what the person has chosen, as a dictionary; `data` is what the figure shows."""

    _css = join_styles(*STYLES)  # the same for all: a page keeps one style sheet for each class of widgets
    data = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)  # in another language, by the English ones

    def __init__(self, name: str, data: dict, state: dict):
        self._networks, self._compute_later = {}, between_cells(self._send_answer)
        self._esm = f"{join_modules('widget', name)}\nexport default {{ render: renderWith(create{name.capitalize()}) }};\n"
        super().__init__(data=data, state=state, texts=catalogue(language(), "play"))
        self.on_msg(self._answer)

    def _answer(self, _: object, question: dict, buffers: list) -> None:
        """Translate a drawing with each of the networks that the browser names, or send the file of a recorded training at once."""
        (self._send_answer if "file" in question else self._compute_later)(question, buffers)

    def _send_answer(self, question: dict, buffers: list) -> None:
        try:
            content, sent = self._answered(question, buffers)
        except Exception as error:  # the browser shows what went wrong
            self.send({"id": question.get("id"), "error": f"{type(error).__name__}: {error}"})
        else:
            self.send({"id": question["id"], **content}, buffers=sent)

    def _answered(self, question: dict, buffers: list) -> tuple[dict, list[bytes]]:
        if "file" in question:
            return self._opened(question["file"])
        return self._guessed(question, buffers[0]) if "t" in question else self._translated(question)

    def _opened(self, file: str) -> tuple[dict, list[bytes]]:
        if file not in {f"{cell}-{seed}" for cell in CELLS for seed in SEEDS}:
            raise ValueError(f"the gallery has no {file}")
        return {}, [(GALLERY / f"{file}.avif").read_bytes()]

    def _translated(self, question: dict) -> tuple[dict, list[bytes]]:
        results = self._translate(question["names"], question["labels"], question.get("keep"))
        tensors = [tensor.contiguous().numpy().tobytes() for result in results for tensor in result]
        return {"side": [logits.shape[-1] for _, logits in results]}, tensors

    def _guessed(self, question: dict, mixture: bytes) -> tuple[dict, list[bytes]]:
        """The guesses of the flow network."""
        size = self.data["size"]
        mixtures = torch.from_numpy(np.frombuffer(mixture, dtype=np.float32).copy()).view(-1, 3, size, size)
        with torch.no_grad():
            x, t = self._x(question["labels"]).expand_as(mixtures), torch.tensor(question["t"]).expand(len(mixtures))
            return {}, [open_flow()(x, mixtures, t).numpy().tobytes()]

    def _x(self, labels: str) -> torch.Tensor:
        """A drawing as the networks are given it."""
        size, colours = self.data["size"], [ImageColor.getrgb(each["color"]) for each in self.data["classes"]]
        numbers = np.array([int(label, 36) for label in labels]).reshape(size, size)
        return to_tensor(Image.fromarray(np.array(colours, dtype=np.uint8)[numbers]))[None]

    def _translate(self, names: list[str], labels: str, keep: list[float] | None) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The fake of each network, and D's logits for it. `keep` is a factor for each level of the U-Net."""
        x, results = self._x(labels), []
        with torch.no_grad():
            for name in names:
                if name not in self._networks:
                    G, D = load_pretrained(name)
                    self._networks[name] = without_dropout(G), D
                G, D = self._networks[name]
                levels = G.encode(x)
                fake = G.decode(levels if keep is None else [level * factor for level, factor in zip(levels, keep, strict=True)])
                results.append((fake[0], D(x, fake)[0]))
        return results

    _ipython_display_ = None  # with ipywidgets 7, it would be used in place of the next method

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        bundle, metadata = super()._repr_mimebundle_(**options)
        return {**bundle, "text/plain": "A figure to push: it needs a notebook with a running kernel."}, metadata


def patch(**state: object) -> Figure:
    """What one logit of D sees: choose the patch, the size of the picture and the strides, and drag the square.

    `state` may name a patch, a size (64, 128, 256, 512), a row, a column, and shown ("patch", "neighbours", "votes").
    """
    return Figure("patch", contents.patch(), state)


def verdict(**state: object) -> Figure:
    """What four trained D say of each patch of a real house and of a fake. `state` may name a patch, a house, a row and a column."""
    return Figure("verdict", contents.verdict(), state)


def objective(**state: object) -> Figure:
    """A window that is lit or dark: what L1, L2 and D charge for G's answer.

    `state` may name a weight (lambda), lit (windows of 8), grain, the distance in the sum ("L1", "L2") and an answer from -1 to 1.
    """
    return Figure("objective", contents.objective(), state)


def variants(**state: object) -> Figure:
    """A drawing board, and what networks make of the drawing that differ in lambda or in the patch alone."""
    return Figure("variants", contents.variants(), state)


def skips(network: str = "houses_64", **state: object) -> Figure:
    """A bundled U-Net with a switch for each level. `state` may name a sample, and the levels that are off, as in "13"."""
    return Figure("skips", contents.skips(network), state)


def runs(table: str = GRID, **state: object) -> Figure:
    """The recorded trainings of a table of lesson 07, beside the real photographs.

    `state` may name a column, a row, a house (1 to 12), a step, a seed and a measure ("per_class", "l1", "sharpness", "blotchiness").
    """
    return Figure("runs", recorded_runs(table), state)


def flow(**state: object) -> Figure:
    """A flow network, step by step: six answers to one x.

    `state` may name a sample, the number of steps (1, 2, 4, 8, 16, 32), a seed of the noise, and shown ("guess", "mixture").
    """
    return Figure("flow", contents.flow(), state)


def game(**state: object) -> Figure:
    """Which of two pictures is the photograph? `state` may name the seconds for which a pair is shown: 1, 3, or 0 for no limit."""
    return Figure("game", contents.game(), state)


def learning(**state: object) -> Figure:
    """A tiny pix2pix that trains in the browser. `state` may name l1Weight and patch."""
    return Figure("learning", contents.learning() | {"source": join_modules("trainer_worker")}, state)
