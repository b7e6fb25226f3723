"""Predict before you run: the prediction is entered first, compared with the measurement, and shown again at the end of the lesson."""

import html
import json
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from pix2pix_edu.files import write_text

FOLDER = Path("predictions")  # next to the notebook; nothing is sent anywhere
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
        entry = {**recall(self.notebook).get(self.name, {}), "question": self.text, "answer": answer}
        _write(self.notebook, self.name, entry)
        prediction = entry.get("prediction")
        result = "Correct." if prediction == answer else "The measurement says otherwise."
        print(f"Measured: {answer}. {f'You predicted: {prediction}. {result}' if prediction else NOTHING_ENTERED}")


def predict(notebook: str, name: str, text: str, options: list[str]) -> Question:
    """Display a question. The prediction is entered with a button and can be changed until the answer has been measured."""
    question = Question(notebook, name, text, tuple(options))
    prediction = recall(notebook).get(name, {}).get("prediction")
    choice = widgets.RadioButtons(options=options, value=prediction if prediction in options else None, layout=widgets.Layout(width="auto"))
    commit = widgets.Button(description="This is my prediction", layout=widgets.Layout(width="auto"))
    note = widgets.HTML(_note(prediction))

    def enter(_: widgets.Button) -> None:
        entry = recall(notebook).get(name, {})
        if "answer" in entry and "prediction" in entry:
            note.value = f"Already measured. You predicted: {html.escape(entry['prediction'])}"
            return
        if choice.value is not None:
            _write(notebook, name, {**entry, "question": text, "prediction": choice.value})
        note.value = _note(choice.value)

    commit.on_click(enter)
    display(widgets.VBox([widgets.HTML(f"<b>Predict.</b> {html.escape(text)}"), choice, widgets.HBox([commit, note])]))
    return question


def recall(notebook: str) -> dict[str, dict[str, str]]:
    """Return every prediction and answer of a lesson so far, by the name of the question."""
    try:
        return json.loads((FOLDER / f"{notebook}.json").read_text())
    except (OSError, ValueError):
        return {}


def review(notebook: str) -> None:
    """Display the predictions and the measured answers of a lesson as a table."""
    answered = [entry for entry in recall(notebook).values() if "answer" in entry]
    rows = "".join(
        f"<tr><td>{html.escape(entry['question'])}</td><td>{html.escape(entry.get('prediction', '-'))}</td>"
        f"<td>{html.escape(entry['answer'])}</td><td>{'yes' if entry.get('prediction') == entry['answer'] else ''}</td></tr>"
        for entry in answered
    )
    head = "<tr><th>Question</th><th>You predicted</th><th>Measured</th><th>Correct</th></tr>"
    display(widgets.HTML(f"<table>{head}{rows}</table>" if answered else "No question has been answered yet."))


def _write(notebook: str, name: str, entry: dict[str, str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    write_text(FOLDER / f"{notebook}.json", json.dumps({**recall(notebook), name: entry}, indent=1))


def _note(prediction: str | None) -> str:
    return f"Noted: {html.escape(prediction)}" if prediction else "Choose an answer, then press the button."
