"""Predict before you run: the prediction is entered first, compared with the measurement, and shown again at the end of the lesson."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from pix2pix_edu.classroom.json_files import read_json
from pix2pix_edu.classroom.own_keys import column
from pix2pix_edu.files import one_writer, set_aside, write_text
from pix2pix_edu.language.words import say

FOLDER = Path("predictions")  # next to the notebook; nothing is sent anywhere
WAIT = 10.0  # seconds for another kernel to finish writing
Entry = dict[str, str]  # the question with its prediction and its answer, as far as they are there
COMMIT, CHOOSE = "This is my prediction", "Choose an answer, then press the button."
NOTHING_ENTERED = "(You entered no prediction. You can still enter one above before you read on.)"


@dataclass(frozen=True)
class Question:
    """A question with its possible answers. The prediction is kept in a local file."""

    notebook: str
    name: str
    text: str
    options: tuple[str, ...]

    def reveal(self, answer: str) -> None:
        """Print the measured answer, which must be one of the options, next to the prediction."""
        if answer not in self.options:
            raise ValueError(f"the answer {answer!r} is none of the options {self.options}")
        remark = _add(self.notebook, self.name, question=self.text, answer=answer)
        entry = recall(self.notebook)[self.name]
        prediction = None if "late" in entry else entry.get("prediction")
        result = "Correct." if prediction == answer else "The measurement says otherwise."
        compared = f"Measured: {answer}. {f'You predicted: {prediction}. {result}' if prediction else NOTHING_ENTERED}"
        print(say(compared))
        if remark:
            print(say(remark))

    def reveal_nearest(self, values: Sequence[float], measured: float) -> None:
        """Reveal the option whose value is nearest to what was measured; `values` has one for each option."""
        distances = [abs(value - measured) for value in values]
        self.reveal(self.options[distances.index(min(distances))])


def predict(notebook: str, name: str, text: str, options: list[str]) -> Question:
    """Display a question. The prediction is entered with a button and can be changed until the answer has been measured.

    Someone who has entered none by then can still enter one, which does not count as correct.
    """
    question = Question(notebook, name, text, tuple(options))
    prediction = recall(notebook).get(name, {}).get("prediction")
    offered = [(say(option), option) for option in options]
    choice = widgets.RadioButtons(options=offered, value=prediction if prediction in options else None, layout=widgets.Layout(width="auto"))
    commit = widgets.Button(description=say(COMMIT), layout=widgets.Layout(width="auto"))
    note = widgets.HTML(_note(prediction))

    def enter(_: widgets.Button) -> None:
        entry = recall(notebook).get(name, {})
        if "answer" in entry and "prediction" in entry:
            note.value = html.escape(say(f"Already measured. You predicted: {entry['prediction']}"))
            return
        late = {"late": "yes"} if "answer" in entry else {}
        remark = "" if choice.value is None else _add(notebook, name, question=text, prediction=choice.value, **late)
        note.value = f"{_note(choice.value)} {html.escape(say(remark))}"

    commit.on_click(enter)
    display(column(widgets.HTML(f"<b>{say('Predict.')}</b> {html.escape(say(text))}"), choice, widgets.HBox([commit, note])))
    return question


def recall(notebook: str) -> dict[str, Entry]:
    """Return every prediction and answer of a lesson so far, by the name of the question."""
    try:
        kept, _ = _read(_file(notebook))
    except OSError:
        kept = {}
    return kept | _unwritten.get(notebook, {})


def review(notebook: str) -> None:
    """Display the predictions and the measured answers of a lesson as a table."""
    answered = [entry for entry in recall(notebook).values() if "answer" in entry]
    rows = "".join(
        f"<tr>{_cells(entry['question'], entry.get('prediction', '-'), entry['answer'], _yes(entry))}</tr>" for entry in answered
    )
    head = "".join(f"<th>{say(title)}</th>" for title in ("Question", "You predicted", "Measured", "Correct"))
    display(widgets.HTML(f"<table><tr>{head}</tr>{rows}</table>" if answered else say("No question has been answered yet.")))


def _cells(*texts: str) -> str:
    return "".join(f"<td>{html.escape(say(text))}</td>" for text in texts)


def _yes(entry: Entry) -> str:
    return "yes" if entry.get("prediction") == entry["answer"] and "late" not in entry else ""


_unwritten: dict[str, dict[str, Entry]] = {}  # by lesson: what this kernel could not write yet


def _add(notebook: str, name: str, **fields: str) -> str:
    """Add fields to an entry. Return a sentence about a damaged file or about one that cannot be written, else nothing."""
    path, own, remarks = _file(notebook), _unwritten.get(notebook, {}), []
    try:
        with one_writer(path, WAIT):  # two kernels may write to the same lesson
            kept, whole = _read(path)
            if not whole:
                remarks.append(f"The file of your earlier predictions was damaged: it is now {set_aside(path)}, and you start a new one.")
                own = kept | own
            own = own | {name: {**kept.get(name, {}), **own.get(name, {}), **fields}}
            write_text(path, json.dumps(kept | own, indent=1))
        _unwritten.pop(notebook, None)
    except (OSError, ValueError) as error:
        if not _unwritten:  # said once
            remarks.append(
                f"Your answers are kept only until the kernel ends ({error}): "
                f"make {FOLDER.resolve()} a folder that you can write to, or free some space."
            )
        _unwritten[notebook] = own | {name: {**recall(notebook).get(name, {}), **own.get(name, {}), **fields}}
    return " ".join(remarks)


def _read(path: Path) -> tuple[dict[str, Entry], bool]:
    """Return the usable entries of a file, and whether they are all that it holds."""
    if not path.exists():
        return {}, True
    try:
        kept = read_json(path)
    except ValueError:
        return {}, False
    usable = {name: entry for name, entry in kept.items() if _is_entry(entry)} if isinstance(kept, dict) else {}
    return usable, usable == kept


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and "question" in entry and all(isinstance(value, str) for value in entry.values())


def _file(notebook: str) -> Path:
    return FOLDER / f"{notebook}.json"


def _note(prediction: str | None) -> str:
    return html.escape(say(f"Noted: {prediction}")) if prediction else say(CHOOSE)
