"""The loss-curve clinic: a patient's curves, the learner's diagnosis, then the truth, what the curves said, the pictures and the remedy."""

import html
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.clinic import figures
from pix2pix_edu.classroom.clinic.conditions import CONDITIONS
from pix2pix_edu.classroom.clinic.patients import Patient, consult, unseen_pairs, waiting_room
from pix2pix_edu.classroom.clinic.signs import end, start
from pix2pix_edu.classroom.display import with_caption
from pix2pix_edu.classroom.explorer import menu

UNDECIDED = "your diagnosis"


class Verdict(NamedTuple):
    """What a diagnosis is worth, and the reasons."""

    right: bool
    answer: str
    reasons: list[str]


def draw_patient(number: int = 1) -> tuple[Figure, str]:
    """The curves of a patient, and their course in numbers; neither says what ails it."""
    settings, log, _ = consult(_patient(number))
    alt = (
        f"Patient {number}, {settings.steps} steps, each curve from its start over its second quarter to its end. "
        f"D's loss {_course(log.discriminator)}, G's adversarial loss {_course(log.adversarial)} (chance: 0.69), L1 {_course(log.l1)}. "
        f"D's probability of real {_course(log.on_real)} for y, {_course(log.on_fake)} for the fake. "
        f"Length of the gradient {_course(log.discriminator_gradient)} in D, {_course(log.generator_gradient)} in G, "
        f"{_course(log.innermost_gradient)} in G's innermost layer."
    )
    healthy = [consult(patient).log for patient in waiting_room() if patient.diagnosis == "healthy"]
    return figures.draw_log(log, settings.steps, healthy), alt


def _patient(number: int) -> Patient:
    patients = waiting_room()
    if not 1 <= number <= len(patients):
        raise ValueError(f"patients are numbered from 1 to {len(patients)}, got {number}")
    return patients[number - 1]


def _course(curve: Tensor) -> str:
    quarter = max(1, len(curve) // 4)
    return ", ".join(f"{value:.2g}" for value in (start(curve), curve[quarter : 2 * quarter].mean().item(), end(curve)))


def diagnose(number: int, guess: str) -> Verdict:
    """Is it that? With the reason that the curves give, and what helps."""
    truth = _patient(number).diagnosis
    condition = CONDITIONS[truth]
    reasons = [] if guess == truth else [f"“{guess}”: {CONDITIONS[guess].sign}"]
    reasons += [f"“{truth}”: {condition.sign}", *[condition.doubt] * bool(condition.doubt), f"Remedy: {condition.remedy}"]
    if guess == truth:
        return Verdict(True, f"Yes: “{truth}”.", reasons)
    if guess in condition.alike:
        return Verdict(True, f"It is “{truth}”; “{guess}” counts as right: these curves do not tell the two apart.", reasons)
    return Verdict(False, f"No: patient {number} is not that, but this: “{truth}”.", reasons)


def draw_pictures(number: int = 1) -> tuple[Figure, str]:
    """What a patient makes of inputs that it never trained on."""
    patient = _patient(number)
    settings, _, fakes = consult(patient)
    x, y = unseen_pairs(settings.size)
    return figures.draw_unseen(x, fakes, y), f"Four inputs it never trained on, G(x), the targets. {CONDITIONS[patient.diagnosis].pictures}"


class Clinic:
    """The clinic's controls and pages, and the first diagnosis that the learner gave each patient."""

    def __init__(self) -> None:
        self.answers: dict[int, str] = {}
        patients = list(range(1, len(waiting_room()) + 1))
        self.patient, self.guess = menu("Patient", patients, 1), menu("I think it is", [UNDECIDED, *CONDITIONS], UNDECIDED)
        self.button = widgets.Button(description="Reveal", layout=widgets.Layout(width="auto"))
        self.score, self.curves, self.page = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.patient.observe(lambda _: self.call_in(), names="value")
        self.button.on_click(lambda _: self.reveal())
        row = widgets.HBox([self.patient, self.guess, self.button, self.score], layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([row, self.curves, self.page])
        self.call_in()

    def call_in(self) -> None:
        """Show the chosen patient's curves, and what was said of it before."""
        self.curves.value = curves_page(self.patient.value)
        self.guess.value = self.answers.get(self.patient.value, UNDECIDED)
        self.page.value, self.score.value = "", self.tell_score()
        if self.patient.value in self.answers:
            self.page.value = verdict_page(self.patient.value, self.answers[self.patient.value])

    def reveal(self) -> None:
        """Answer the diagnosis; the first one of each patient counts."""
        number, guess = self.patient.value, self.guess.value
        if guess == UNDECIDED and number not in self.answers:
            self.page.value = '<p role="status">Choose a diagnosis first: the curves are all that you get.</p>'
            return
        self.guess.value = self.answers.setdefault(number, guess)
        self.page.value, self.score.value = verdict_page(number, self.answers[number]), self.tell_score()

    def tell_score(self) -> str:
        """How many were right so far."""
        right = sum(diagnose(number, guess).right for number, guess in self.answers.items())
        return f"{right} of {len(self.answers)} right, {len(self.patient.options) - len(self.answers)} waiting"


@lru_cache(maxsize=32)
def curves_page(number: int) -> str:
    """A patient's curves with their caption."""
    return with_caption(*draw_patient(number), live=False)


@lru_cache(maxsize=64)
def verdict_page(number: int, guess: str) -> str:
    """The answer, its reasons and the pictures."""
    verdict = diagnose(number, guess)
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in verdict.reasons)
    pictures = with_caption(*draw_pictures(number), live=False)  # the verdict above is read out already
    return f'<p role="status"><b>{html.escape(verdict.answer)}</b></p><ul>{reasons}</ul>{pictures}'


def clinic() -> widgets.VBox:
    """The clinic, open."""
    return Clinic().box
