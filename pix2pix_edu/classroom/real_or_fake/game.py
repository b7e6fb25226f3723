"""The game: two pictures are shown for one second, then the player says which one was the fake."""

import html
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import ipywidgets as widgets
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import as_html, show, with_caption
from pix2pix_edu.classroom.own_keys import OwnKeys
from pix2pix_edu.classroom.real_or_fake.figures import draw_fooled, draw_sheet
from pix2pix_edu.classroom.real_or_fake.pictures import find_pair, usable_runs
from pix2pix_edu.classroom.real_or_fake.timed_pictures import GAP, SIDE, captioned_pictures, timed_pictures
from pix2pix_edu.classroom.real_or_fake.vote_files import LONGEST_NICKNAME, read_class, save_game
from pix2pix_edu.classroom.real_or_fake.votes import SIDES, USUAL_SECONDS, Game, Tally, Vote, deal, tally
from pix2pix_edu.experiments.cells import BASE, SHOWN
from pix2pix_edu.experiments.gallery import GALLERY

MODELS = ("L1", "L1+cGAN", "cGAN", "patch_1")
PRACTICE = 4  # pairs after which the answer is shown
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SHEET = 8  # pairs on the sheet that is shown without a kernel
FOLDER = Path("votes")  # next to the notebook; nothing is sent anywhere
PAPER = {"L1": 0.8, "L1+cGAN": 18.9}  # percent of trials in which people took a fake aerial photograph for the real one

RULES = (
    "Game seed {seed}. {pictures} for the same input are shown side by side for {seconds:g} s. Then say which one is the fake; take "
    "your time. First come {practice} pairs for practice, with the answers; then {count} that count. Buildings may be repeated, "
    "which makes this easier than the paper's game."
)
KEYS = "By keyboard: Tab moves from button to button, Enter or Space presses. Scroll until you can see the whole frame before you start."
EYES = (
    "You need to see the pictures for this game: a description cannot replace them. If you cannot see the pictures, "
    "class_result(folder) tells you in words and numbers what a class has found."
)
ON_PAPER = (
    "Without a running kernel, play on paper: cover the sheet, look at one pair for a second, note the side that you take for the fake. "
    "The answers: from pix2pix_edu.classroom.real_or_fake.votes import deal; print([trial.fake for trial in deal({dealt})])"
)
COMPARISON = (
    "At 50% nobody can tell fake from real. An interval that is entirely above 50% has another cause: "
    "answers that are wrong on purpose, or swapped sides. "
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
    """Return a game with the pairs of this seed, whole or as patches of `patch` pixels. In a class, everyone takes another seed."""
    return RealOrFake(seed, list(models), trials, seconds, patch, gallery)


def class_result(folder: str | Path = FOLDER) -> None:
    """Show the joint result of all games whose files are in the folder."""
    try:
        games, remarks = read_class(Path(folder))
    except (OSError, ValueError) as error:  # for example, nobody has played yet; the notebook should continue
        print(f"{error}.")
        return
    names = sorted(game.nickname for game in games if game.nickname)
    nameless = [f"{len(games) - len(names)} without a nickname"] * (len(names) < len(games))
    print(f"Games: {len(games)} ({', '.join(names + nameless)}).", *remarks, sep="\n")
    show(*draw_votes(tally(games)))


def draw_votes(counts: dict[str, Tally]) -> tuple[Figure, str]:
    """Draw how often each model fooled the players, with the paper's result, and return the figure with its alt text."""
    labels = {name: f"{name} ({count.fooled} of {count.shown})" for name, count in counts.items()}
    rows = {labels[name]: (count.percent, *count.interval) for name, count in counts.items()}
    told = "; ".join(f"{name} {percent:.0f}%, {low:.0f} to {high:.0f}%" for name, (percent, low, high) in rows.items())
    elsewhere = {labels[name]: PAPER[name] for name in counts if name in PAPER}
    found = " and ".join(f"{PAPER[name]}% for {name}" for name in counts if name in PAPER)
    comparison = COMPARISON.format(found=found) if found else COMPARISON.split("Hollow")[0].strip()
    return draw_fooled(rows, elsewhere), f"Took the fake for the real one, with 95% intervals: {told}. {comparison}"


class RealOrFake(widgets.VBox):
    """The game in a notebook. The browser hides each pair in time (CSS); the kernel only keeps the answers."""

    pause = 0.8  # seconds with an empty frame before each pair; an answer during this time is ignored as part of a double click

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
        # The next button is between the answers: one press of Tab away from each.
        wide = widgets.Layout(max_width=f"{2 * SIDE + GAP}px", grid_gap=f"{GAP}px")
        self.playing = widgets.HBox([self.left, self.next_button, self.right], layout=wide)
        for button in self.playing.children:
            button.layout.flex = "1 1 0%"
        self.nickname = widgets.Text(description="Nickname, if you like", style={"description_width": "auto"})
        self.saving = widgets.HBox([self.nickname, self.save_button], layout=widgets.Layout(flex_flow="row wrap"))
        _set_display("none", self.left, self.right, self.saving)
        super().__init__([self.note, self.frame, self.playing, self.saving, OwnKeys()])

    def show_next(self, _: object = None) -> None:
        place = len(self.votes)
        practice = place < PRACTICE
        number, count = (place + 1, PRACTICE) if practice else (place + 1 - PRACTICE, len(self.trials) - PRACTICE)
        words = f"{'Practice pair' if practice else 'Pair'} {number} of {count}"
        bar = f'<progress aria-label="{words}" max="{count}" value="{number}"></progress>'
        self.note.value = _in_page(f"{bar} {words}: which one is the fake?")
        self.frame.value = timed_pictures(self.pair(place), [f"{words}, {side}" for side in SIDES], self.seconds, self.pause)
        _set_display("none", self.next_button)
        _set_display(None, self.left, self.right)
        self.phase, self.shown_at = "question", time.monotonic()

    def answer(self, side: str) -> None:
        """Record which side is called fake. Then show the truth in practice, the next pair otherwise."""
        if self.phase != "question" or time.monotonic() - self.shown_at < self.pause:
            return
        self.votes.append(Vote(self.trials[len(self.votes)], side))
        if len(self.votes) <= PRACTICE:
            self.show_truth()
        elif len(self.votes) < len(self.trials):
            self.show_next()
        else:
            self.finish()

    def show_truth(self) -> None:
        self.phase, (trial, said) = "truth", self.votes[-1]
        self.next_button.description = "Next pair" if len(self.votes) < PRACTICE else "Now it counts"
        _set_display(None, self.next_button)
        self.frame.value = captioned_pictures(self.pair(len(self.votes) - 1), ["fake" if side == trial.fake else "real" for side in SIDES])
        answer = "Right" if said == trial.fake else "No"
        self.note.value = _paragraphs(f"{answer}: the fake was on the {trial.fake}. Look again, then continue.")

    def finish(self) -> None:
        self.phase = "result"
        _set_display("none", self.playing)
        _set_display(None, self.saving)
        figure, alt = draw_votes(tally([self.game()]))
        self.note.value = _paragraphs("That was the last pair. One player's intervals are wide; those of a whole class are narrow.")
        self.frame.value = with_caption(figure, alt, _paragraphs(alt))

    def game(self) -> Game:
        nickname = "".join(letter for letter in self.nickname.value if letter.isprintable()).strip()[:LONGEST_NICKNAME]
        return Game(self.name, self.seed, self.seconds, self.patch, nickname, tuple(self.votes[PRACTICE:]))

    def save(self, _: object = None) -> None:
        """Write the answers to a file, and show its path."""
        try:
            path = save_game(self.game(), FOLDER)
        except OSError as error:
            self.note.value = _paragraphs(f"Not saved ({error}): make {FOLDER.resolve()} a folder that you can write to, and press again.")
            return
        together = f"Hand it in. The result of all files in a folder: class_result({str(FOLDER)!r})."
        self.note.value = _paragraphs(f"Saved: {path.resolve()}", together)

    def pair(self, place: int) -> tuple[Tensor, Tensor]:
        return find_pair(self.trials[place], self.gallery, self.patch)

    _ipython_display_ = None  # with ipywidgets 7, it would be used in place of the next method

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        data = {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}
        pairs = [self.pair(place) for place in range(min(SHEET, len(self.trials)))]
        words = ON_PAPER.format(dealt=", ".join(map(repr, self.dealt)))
        sheet = as_html(draw_sheet(pairs), f"{len(pairs)} pairs of pictures, each with one fake.")
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
