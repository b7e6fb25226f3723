"""A game: two pictures for one second, then the question which of them was the fake."""

import html
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import ipywidgets as widgets
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import as_html, show, with_caption
from pix2pix_edu.classroom.real_or_fake.figures import draw_fooled, draw_sheet
from pix2pix_edu.classroom.real_or_fake.glance import GAP, SIDE, standing, vanishing
from pix2pix_edu.classroom.real_or_fake.pictures import find_pair, usable_runs
from pix2pix_edu.classroom.real_or_fake.vote_files import LONGEST_NICKNAME, read_class, save_game
from pix2pix_edu.classroom.real_or_fake.votes import SIDES, USUAL_SECONDS, Game, Tally, Vote, deal, tally
from pix2pix_edu.experiments.cells import BASE, SHOWN
from pix2pix_edu.experiments.gallery import GALLERY

MODELS = ("L1", "L1+cGAN", "cGAN", "patch_1")
PRACTICE = 4  # pairs whose answer is told
SHEET = 8  # pairs on the sheet for readers without a kernel
FOLDER = Path("votes")  # beside the notebook, on this machine and nowhere else
PAPER = {"L1": 0.8, "L1+cGAN": 18.9}  # percent of trials in which people took a fake aerial photograph for the real one

RULES = (
    "Game seed {seed}. {pictures} for the same input stand side by side for {seconds:g} s and vanish. Then say which one is "
    "the fake; take your time. First {practice} pairs for practice, with the answer told; then {count} that count. Each building may come "
    "again, which makes this easier than the paper's game."
)
KEYS = "By keyboard: Tab moves from button to button, Enter or Space presses. Have the frame in view before you start."
EYES = (
    "This game asks the eyes. If you cannot see the pictures, your answers would be guesses, and no description can replace the look: "
    "class_result(folder) tells in words and numbers what a class has found."
)
ON_PAPER = (
    "Without a running kernel, play on paper: cover the sheet, look at one pair for a second, note the side that you take for the fake. "
    "The answers: [trial.fake for trial in deal({dealt})] with deal from pix2pix_edu.classroom.votes."
)
COMPARISON = (
    "At 50% nobody can tell fake from real. Only an interval that lies wholly above 50% needs another reason: "
    "answers wrong on purpose, or sides mixed up. "
    "Hollow, the paper's {found}: the same question, but other people and other pictures (aerial photographs drawn from maps)."
)


def real_or_fake(
    seed: int = 0,
    models: Sequence[str] = MODELS,
    trials: int = 20,
    seconds: float = USUAL_SECONDS,
    patch: int | None = None,
    gallery: Path = GALLERY,
) -> "RealOrFake":
    """The game with the pairs that this seed deals, whole or only a patch of so many pixels; in a class, everyone takes another seed."""
    return RealOrFake(seed, list(models), trials, seconds, patch, gallery)


def class_result(folder: str | Path = FOLDER) -> None:
    """Show what the players whose files lie in this folder have found together."""
    try:
        games, remarks = read_class(Path(folder))
    except ValueError as error:  # nobody has played yet, which is no reason to stop a lesson
        print(f"{error}.")
        return
    names = sorted(game.nickname for game in games if game.nickname)
    nameless = [f"{len(games) - len(names)} without a nickname"] * (len(names) < len(games))
    print(f"Games: {len(games)} ({', '.join(names + nameless)}).", *remarks, sep="\n")
    show(*draw_votes(tally(games)))


def draw_votes(counts: dict[str, Tally]) -> tuple[Figure, str]:
    """How often each model fooled the players, beside what the paper found; and the same in words."""
    labels = {name: f"{name} ({count.fooled} of {count.shown})" for name, count in counts.items()}
    rows = {labels[name]: (count.percent, *count.interval) for name, count in counts.items()}
    told = "; ".join(f"{name} {percent:.0f}%, {low:.0f} to {high:.0f}%" for name, (percent, low, high) in rows.items())
    elsewhere = {labels[name]: PAPER[name] for name in counts if name in PAPER}
    found = " and ".join(f"{PAPER[name]}% for {name}" for name in counts if name in PAPER)
    comparison = COMPARISON.format(found=found) if found else COMPARISON.split("Hollow")[0].strip()
    return draw_fooled(rows, elsewhere), f"Took the fake for the real one, with 95% intervals: {told}. {comparison}"


class RealOrFake(widgets.VBox):
    """The game in a notebook. How long a pair is seen is the browser's business (CSS); the kernel only keeps the answers."""

    pause = 0.8  # seconds before each pair in which the frame is empty; an answer that comes earlier belongs to a double click

    def __init__(self, seed: int, models: Sequence[str], trials: int, seconds: float, patch: int | None, gallery: Path):
        if not 0.05 <= seconds <= 60:
            raise ValueError(f"a pair is shown for 0.05 to 60 seconds, got {seconds}")
        if patch is not None and not 1 <= patch <= BASE.size:
            raise ValueError(f"a patch has 1 to {BASE.size} pixels, or is None for whole pictures, got {patch}")
        self.seed, self.seconds, self.patch, self.gallery = seed, seconds, patch, gallery
        self.dealt = (seed, models, trials, usable_runs(models, gallery), SHOWN, PRACTICE)
        self.trials, self.votes = deal(*self.dealt), []
        self.name, self.phase, self.shown_at = secrets.token_hex(8), "rules", 0.0
        pictures = f"The same {patch} x {patch} pixels of a real picture and of a fake" if patch else "A real picture and a fake"
        rules = RULES.format(seed=seed, pictures=pictures, seconds=seconds, practice=PRACTICE, count=trials)
        self.note, self.frame = widgets.HTML(_paragraphs(rules, KEYS, EYES)), widgets.HTML()
        self.next_button, self.save_button = _button("Start", self.show_next), _button("Save my answers", self.save)
        self.left, self.right = (_button(f"{side.title()} is fake", lambda _, side=side: self.answer(side)) for side in SIDES)
        # What comes next stands between the answers: one step of the Tab key away from either.
        wide = widgets.Layout(max_width=f"{2 * SIDE + GAP}px", grid_gap=f"{GAP}px")
        self.playing = widgets.HBox([self.left, self.next_button, self.right], layout=wide)
        for button in self.playing.children:
            button.layout.flex = "1 1 0%"
        self.nickname = widgets.Text(description="Nickname, if you like", style={"description_width": "auto"})
        self.saving = widgets.HBox([self.nickname, self.save_button], layout=widgets.Layout(flex_flow="row wrap"))
        _set_display("none", self.left, self.right, self.saving)
        super().__init__([self.note, self.frame, self.playing, self.saving])

    def show_next(self, _: object = None) -> None:
        """Show the next pair for its time."""
        place = len(self.votes)
        practice = place < PRACTICE
        number, count = (place + 1, PRACTICE) if practice else (place + 1 - PRACTICE, len(self.trials) - PRACTICE)
        words = f"{'Practice pair' if practice else 'Pair'} {number} of {count}"
        bar = f'<progress aria-label="{words}" max="{count}" value="{number}"></progress>'
        self.note.value = _in_page(f"{bar} {words}: which one is the fake?")
        self.frame.value = vanishing(self.pair(place), [f"{words}, {side}" for side in SIDES], self.seconds, self.pause)
        _set_display("none", self.next_button)
        _set_display(None, self.left, self.right)
        self.phase, self.shown_at = "question", time.monotonic()

    def answer(self, side: str) -> None:
        """Note which side is called fake; in practice tell the truth, else go on."""
        if self.phase != "question" or time.monotonic() - self.shown_at < self.pause:
            return
        self.votes.append(Vote(self.trials[len(self.votes)], side))
        if len(self.votes) <= PRACTICE:
            self.tell_truth()
        elif len(self.votes) < len(self.trials):
            self.show_next()
        else:
            self.finish()

    def tell_truth(self) -> None:
        """Show the last pair once more, with its answer."""
        self.phase, (trial, said) = "truth", self.votes[-1]
        self.note.value = _paragraphs(
            f"{'Right' if said == trial.fake else 'No'}: the fake was on the {trial.fake}. Look again, then go on."
        )
        self.frame.value = standing(self.pair(len(self.votes) - 1), ["fake" if side == trial.fake else "real" for side in SIDES])
        self.next_button.description = "Next pair" if len(self.votes) < PRACTICE else "Now it counts"
        _set_display(None, self.next_button)

    def finish(self) -> None:
        """Show what came out, and offer to keep it."""
        self.phase = "result"
        _set_display("none", self.playing)
        _set_display(None, self.saving)
        figure, alt = draw_votes(tally([self.game()]))
        self.note.value = _paragraphs("That was the last pair. One player's intervals are wide; those of a class are not.")
        self.frame.value = with_caption(figure, alt, _paragraphs(alt))

    def game(self) -> Game:
        """The answers that count."""
        nickname = "".join(letter for letter in self.nickname.value if letter.isprintable()).strip()[:LONGEST_NICKNAME]
        return Game(self.name, self.seed, self.seconds, self.patch, nickname, tuple(self.votes[PRACTICE:]))

    def save(self, _: object = None) -> None:
        """Write the answers to a file, and say where it lies."""
        try:
            path = save_game(self.game(), FOLDER)
        except OSError as error:
            self.note.value = _paragraphs(f"Not saved ({error}): make {FOLDER.resolve()} a folder that can be written to, and press again.")
            return
        together = f"Hand it in. All files of a folder together: class_result({str(FOLDER)!r})."
        self.note.value = _paragraphs(f"Saved: {path.resolve()}", together)

    def pair(self, place: int) -> tuple[Tensor, Tensor]:
        """The left and the right picture of one of the trials."""
        return find_pair(self.trials[place], self.gallery, self.patch)

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        data = super()._repr_mimebundle_(**options)
        pairs = [self.pair(place) for place in range(min(SHEET, len(self.trials)))]
        words = ON_PAPER.format(dealt=", ".join(map(repr, self.dealt)))
        sheet = as_html(draw_sheet(pairs), f"{len(pairs)} pairs of pictures, one of each a fake.")
        return {**data, "text/html": f"{sheet}{_paragraphs(words, EYES)}", "text/plain": f"Real or fake? {words} {EYES}"}


def _button(label: str, action: Callable[[object], None]) -> widgets.Button:
    button = widgets.Button(description=label, layout=widgets.Layout(width="auto"))
    button.on_click(action)
    return button


def _set_display(display: str | None, *parts: widgets.DOMWidget) -> None:
    for part in parts:
        part.layout.display = display


def _paragraphs(*texts: str) -> str:
    return _in_page(*map(html.escape, texts))


def _in_page(*texts: str) -> str:
    inner = "".join(f'<p style="margin: 4px 0">{text}</p>' for text in texts)
    return f'<div aria-live="polite" style="max-width: 45em; line-height: 1.4">{inner}</div>'
