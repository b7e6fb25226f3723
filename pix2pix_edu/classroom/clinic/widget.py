"""The loss-curve clinic: show a patient's curves, take a diagnosis, then reveal the answer, its reasons and the pictures."""

import html
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.clinic import figures
from pix2pix_edu.classroom.clinic.conditions import CONDITIONS
from pix2pix_edu.classroom.clinic.patients import Patient, consult, unseen_pairs, waiting_room
from pix2pix_edu.classroom.clinic.signs import mean_of_end, mean_of_start
from pix2pix_edu.classroom.display import with_caption
from pix2pix_edu.classroom.explorer import menu
from pix2pix_edu.classroom.own_keys import column

UNDECIDED = "your diagnosis"


class Diagnosis(NamedTuple):
    """Whether a guess is right, and the reasons."""

    right: bool
    answer: str
    reasons: list[str]


def draw_patient(number: int = 1) -> tuple[Figure, str]:
    """Draw the curves of a patient. The alt text gives their values; neither names the diagnosis."""
    settings, log, _ = consult(_patient(number))
    alt = (
        f"Patient {number}, {settings.steps} steps; for each curve the means of its start, its second quarter and its end. "
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
    means = (mean_of_start(curve), curve[quarter : 2 * quarter].mean().item(), mean_of_end(curve))
    return ", ".join(f"{value:.2g}" for value in means)


def diagnose(number: int, guess: str) -> Diagnosis:
    """Compare a guess with a patient's diagnosis; the reasons are the signs of both and the remedy."""
    truth = _patient(number).diagnosis
    condition = CONDITIONS[truth]
    reasons = [] if guess == truth else [f"“{guess}”: {CONDITIONS[guess].sign}"]
    reasons += [f"“{truth}”: {condition.sign}", *[condition.doubt] * bool(condition.doubt), f"Remedy: {condition.remedy}"]
    if guess == truth:
        return Diagnosis(True, f"Yes: “{truth}”.", reasons)
    if guess in condition.alike:
        return Diagnosis(True, f"It is “{truth}”; “{guess}” counts as right: these curves do not tell the two apart.", reasons)
    return Diagnosis(False, f"No: the diagnosis of patient {number} is “{truth}”.", reasons)


def draw_pictures(number: int = 1) -> tuple[Figure, str]:
    """Draw a patient's fakes for inputs that it never trained on."""
    patient = _patient(number)
    settings, _, fakes = consult(patient)
    x, y = unseen_pairs(settings.size)
    return figures.draw_unseen(x, fakes, y), f"Four inputs it never trained on, G(x), the targets. {CONDITIONS[patient.diagnosis].pictures}"


class Clinic:
    """The controls and pages of the clinic, and the first diagnosis that the learner gave each patient."""

    def __init__(self) -> None:
        self.answers: dict[int, str] = {}
        patients = list(range(1, len(waiting_room()) + 1))
        self.patient, self.guess = menu("Patient", patients, 1), menu("I think it is", [UNDECIDED, *CONDITIONS], UNDECIDED)
        self.button = widgets.Button(description="Reveal", layout=widgets.Layout(width="auto"))
        self.score, self.curves, self.page = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.patient.observe(lambda _: self.show_patient(), names="value")
        self.button.on_click(lambda _: self.reveal())
        row = widgets.HBox([self.patient, self.guess, self.button, self.score], layout=widgets.Layout(flex_flow="row wrap"))
        self.box = column(row, self.curves, self.page)
        self.show_patient()

    def show_patient(self) -> None:
        """Show the chosen patient's curves, and the diagnosis if it has one already."""
        self.curves.value, self.page.value = curves_page(self.patient.value), ""
        self.guess.value = self.answers.get(self.patient.value, UNDECIDED)
        self.show_answer()

    def reveal(self) -> None:
        """Reveal the answer; only the first diagnosis of each patient counts."""
        number, guess = self.patient.value, self.guess.value
        if guess == UNDECIDED and number not in self.answers:
            self.page.value = '<p role="status">Choose a diagnosis first, from the curves alone.</p>'
            return
        self.guess.value = self.answers.setdefault(number, guess)
        self.show_answer()

    def show_answer(self) -> None:
        if self.patient.value in self.answers:
            self.page.value = diagnosis_page(self.patient.value, self.answers[self.patient.value])
        right = sum(diagnose(number, guess).right for number, guess in self.answers.items())
        self.score.value = f"{right} of {len(self.answers)} right, {len(self.patient.options) - len(self.answers)} waiting"


@lru_cache(maxsize=32)
def curves_page(number: int) -> str:
    return with_caption(*draw_patient(number), live=False)


@lru_cache(maxsize=64)
def diagnosis_page(number: int, guess: str) -> str:
    diagnosis = diagnose(number, guess)
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in diagnosis.reasons)
    pictures = with_caption(*draw_pictures(number), live=False)  # screen readers already announce the answer
    return f'<p role="status"><b>{html.escape(diagnosis.answer)}</b></p><ul>{reasons}</ul>{pictures}'


def clinic() -> widgets.VBox:
    return Clinic().box
