"""Predict before you run: an answer is entered first, decided by code, and shown again at the end of the lesson."""

import html
import json
from dataclasses import dataclass
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

FOLDER = Path("predictions")  # beside the notebook, on this machine and nowhere else


@dataclass(frozen=True)
class Question:
    """A question of a lesson with its possible answers; what you enter is kept in a local file."""

    notebook: str
    name: str
    text: str
    options: tuple[str, ...]

    def reveal(self, answer: str) -> None:
        """Say what the measurement decided, beside what you had predicted. `answer` comes from the cell's own result."""
        if answer not in self.options:
            raise ValueError(f"the answer {answer!r} is none of the options {self.options}")
        _write(self.notebook, self.name, {**recall(self.notebook).get(self.name, {}), "question": self.text, "answer": answer})
        said = recall(self.notebook)[self.name].get("prediction")
        verdict = (
            f"You predicted: {said}. " + ("Just so." if said == answer else "The measurement says otherwise.") if said else NOTHING_ENTERED
        )
        print(f"Measured: {answer}. {verdict}")


NOTHING_ENTERED = "(You entered no prediction: the question above still takes one, before you read on.)"


def predict(notebook: str, name: str, text: str, options: list[str]) -> Question:
    """Ask for a prediction. It is entered with a button, kept locally, and can be changed until the answer is measured."""
    question = Question(notebook, name, text, tuple(options))
    said = recall(notebook).get(name, {}).get("prediction")
    choice = widgets.RadioButtons(options=options, value=said if said in options else None, layout=widgets.Layout(width="auto"))
    commit = widgets.Button(description="This is my prediction", layout=widgets.Layout(width="auto"))
    note = widgets.HTML(_note(said))

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
    """Every prediction of a lesson so far, by the name of its question."""
    try:
        return json.loads((FOLDER / f"{notebook}.json").read_text())
    except (OSError, ValueError):
        return {}


def review(notebook: str) -> None:
    """Show what you predicted and what was measured, question by question."""
    answered = {name: entry for name, entry in recall(notebook).items() if "answer" in entry}
    rows = "".join(
        f"<tr><td>{html.escape(entry['question'])}</td><td>{html.escape(entry.get('prediction', '-'))}</td>"
        f"<td>{html.escape(entry['answer'])}</td><td>{'yes' if entry.get('prediction') == entry['answer'] else ''}</td></tr>"
        for entry in answered.values()
    )
    head = "<tr><th>Question</th><th>You predicted</th><th>Measured</th><th>As you said</th></tr>"
    display(widgets.HTML(f"<table>{head}{rows}</table>" if answered else "No question has been answered yet."))


def _write(notebook: str, name: str, entry: dict[str, str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{notebook}.json").write_text(json.dumps({**recall(notebook), name: entry}, indent=1))


def _note(said: str | None) -> str:
    return f"Noted: {html.escape(said)}" if said else "Choose an answer, then press the button."
