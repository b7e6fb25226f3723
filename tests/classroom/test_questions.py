"""Predictions: entered, compared, and kept whatever happens to their file."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pix2pix_edu.classroom import questions
from pix2pix_edu.classroom.questions import Question, predict, recall, review

pytestmark = pytest.mark.fault

LESSON = "00_tour"
ENTRY = {"question": "How many?", "prediction": "more", "answer": "less"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder next to the notebook, and a kernel that has written nothing yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(questions, "_unwritten", {})
    return tmp_path / "predictions"


@pytest.fixture
def ask(monkeypatch):
    """Display a question. Return it with its radio buttons, its button and its note."""
    shown = []
    monkeypatch.setattr(questions, "display", shown.append)

    def display(name="amount"):
        question = predict(LESSON, name, "How many?", ["more", "less"])
        _, choice, row, _ = shown[-1].children
        return question, choice, *row.children

    return display


def enter(ask, option, name="amount"):
    """Choose an option and press the button. Return the note."""
    _, choice, button, note = ask(name)
    choice.value = option
    button.click()
    return note.value


def question(name="amount"):
    return Question(LESSON, name, "How many?", ("more", "less"))


def saved(folder):
    return json.loads((folder / f"{LESSON}.json").read_text())


def test_a_prediction_is_kept_compared_and_shown_at_the_end(ask, folder, capsys, monkeypatch):
    assert "Noted: more" in enter(ask, "more")
    question().reveal("less")
    assert capsys.readouterr().out == "Measured: less. You predicted: more. The measurement says otherwise.\n"
    assert saved(folder) == {"amount": ENTRY}
    tables = []
    monkeypatch.setattr(questions, "display", tables.append)
    review(LESSON)
    assert "<td>How many?</td><td>more</td><td>less</td>" in tables[0].value


def test_a_measured_prediction_cannot_be_changed(ask, folder):
    enter(ask, "more")
    question().reveal("less")
    assert enter(ask, "less") == "Already measured. You predicted: more"
    assert saved(folder) == {"amount": ENTRY}


MANY = """
import sys, time
from pathlib import Path
from pix2pix_edu.classroom.questions import Question
kernel, count = sys.argv[1], int(sys.argv[2])
Path(f"ready-{kernel}").touch()
while not Path("go").exists():
    time.sleep(0.01)
for number in range(count):
    Question("00_tour", f"{kernel}-{number}", "How many?", ("more", "less")).reveal("less")
    print(f"kept {kernel}-{number}", flush=True)
"""


def kernel(name, count):
    """A process of its own that gives this many answers as soon as there is a file `go`."""
    return subprocess.Popen([sys.executable, "-c", MANY, name, str(count)], stdout=subprocess.PIPE, text=True)


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_prediction_that_was_entered_after_the_answer_does_not_count_as_correct(ask, folder, monkeypatch, capsys):
    question().reveal("less")
    assert "Noted: less" in enter(ask, "less")
    tables = []
    monkeypatch.setattr(questions, "display", tables.append)
    review(LESSON)
    assert "<td>less</td><td>less</td><td></td>" in tables[0].value
    assert "<td>yes</td>" not in tables[0].value
    capsys.readouterr()
    question().reveal("less")
    assert "You predicted" not in capsys.readouterr().out


def test_two_kernels_that_write_to_the_same_lesson_lose_no_answer(tmp_path, folder):
    kernels = [kernel(name, 60) for name in ("a", "b")]
    ready = [tmp_path / f"ready-{name}" for name in ("a", "b")]
    wait_for(lambda: all(file.exists() for file in ready) or any(one.poll() for one in kernels))
    (tmp_path / "go").touch()
    outputs = [one.communicate(timeout=120)[0] for one in kernels]
    assert [one.returncode for one in kernels] == [0, 0]
    assert set(saved(folder)) == {f"{name}-{number}" for name in ("a", "b") for number in range(60)}
    assert not any("only until the kernel ends" in output for output in outputs)


def test_a_killed_kernel_leaves_a_whole_file_with_every_answer_that_it_had_given(tmp_path, folder):
    (tmp_path / "go").touch()
    kept = set()
    for number in range(3):
        killed = kernel(f"k{number}", 1_000_000)
        lines = [killed.stdout.readline() for _ in range(3 + 2 * number)]
        time.sleep(0.003 * number)  # so that it is in another part of its work
        killed.kill()
        lines += killed.communicate()[0].splitlines()
        kept |= {line.split()[1] for line in lines if line.startswith("kept ")}
        assert kept <= set(saved(folder))
    question("next").reveal("less")  # no lock is left
    assert kept | {"next"} <= set(saved(folder))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of a file")
def test_a_full_disk_loses_nothing_and_once_there_is_space_everything_is_written(ask, folder, capsys):
    import resource

    enter(ask, "more", "early")
    before = saved(folder)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # the largest file, in bytes, that can be written
    try:
        note = enter(ask, "less", "late")
        question("early").reveal("more")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert "Noted: less Your answers are kept only until the kernel ends" in note
    assert capsys.readouterr().out == "Measured: more. You predicted: more. Correct.\n"  # the remark is not repeated
    assert saved(folder) == before
    assert recall(LESSON)["late"] == {"question": "How many?", "prediction": "less"}
    question("later").reveal("more")
    assert set(saved(folder)) == {"early", "late", "later"}
    assert saved(folder)["early"]["answer"] == "more"
    assert list(folder.glob("*.part")) == []


NOT_WRITABLE = {
    "a file where the folder should be": lambda folder: folder.write_text("in the way"),
    "a link into a folder in which nobody can write": lambda folder: folder.symlink_to("/proc/predictions"),
}


no_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only Linux has a folder in which not even root can write")


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=no_proc if "link" in kind else ()) for kind in NOT_WRITABLE])
def test_where_nothing_can_be_written_the_lesson_works_and_says_once_that_nothing_is_kept(ask, folder, capsys, monkeypatch, kind):
    NOT_WRITABLE[kind](folder)
    note = enter(ask, "more")
    assert f"make {folder.resolve()} a folder that you can write to, or free some space." in note
    assert enter(ask, "less", "other") == "Noted: less "
    for name, answer in (("amount", "more"), ("other", "more"), ("third", "less")):
        question(name).reveal(answer)
    assert capsys.readouterr().out.splitlines() == [
        "Measured: more. You predicted: more. Correct.",
        "Measured: more. You predicted: less. The measurement says otherwise.",
        "Measured: less. " + questions.NOTHING_ENTERED,
    ]
    assert ask()[1].value == "more"  # the question displayed again
    tables = []
    monkeypatch.setattr(questions, "display", tables.append)
    review(LESSON)
    assert tables[0].value.count("<tr>") == 4


def test_a_file_that_others_keep_locked_does_not_stop_the_lesson(folder, capsys, monkeypatch):
    monkeypatch.setattr(questions, "WAIT", 0.2)
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / f"{LESSON}.json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holding.stdout.readline() == "held\n"
    try:
        question().reveal("less")
        assert f"is in use by process {holding.pid}" in capsys.readouterr().out
    finally:
        holding.communicate("end\n")
    question("next").reveal("less")
    assert set(saved(folder)) == {"amount", "next"}


HOLD = """
import sys
from pathlib import Path
from pix2pix_edu.files import one_writer

with one_writer(Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""

DAMAGES = {
    "truncated": json.dumps({"early": ENTRY})[:-9],
    "empty": "",
    "a picture": "\xff\xd8\xff\xe0" * 20,
    "a list": "[1, 2]",
    "a number": "3",
    "text": '"less"',
    "entries that are numbers": '{"early": 3}',
    "entries that are lists": '{"early": ["more"]}',
    "a prediction that is a number": json.dumps({"early": {**ENTRY, "prediction": 3}}),
    "an entry without its question": '{"early": {"answer": "less"}}',
    "half a character": json.dumps({"early": {**ENTRY, "prediction": "\ud800"}}),
    "too deep": "[" * 90_000,
    "too large": json.dumps({"early": ENTRY}) + " " * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_and_named_and_the_lesson_goes_on(ask, folder, capsys, damage):
    folder.mkdir()
    (folder / f"{LESSON}.json").write_text(DAMAGES[damage], encoding="latin-1")
    ask()
    review(LESSON)
    question().reveal("less")
    aside = folder.relative_to(os.getcwd()) / f"{LESSON}.damaged.json"
    expected = f"The file of your earlier predictions was damaged: it is now {aside}, and you start a new one."
    assert capsys.readouterr().out.splitlines() == ["Measured: less. " + questions.NOTHING_ENTERED, expected]
    assert aside.read_text(encoding="latin-1") == DAMAGES[damage]
    assert set(saved(folder)) == {"amount"}
    question("next").reveal("less")
    assert "damaged" not in capsys.readouterr().out


def test_the_usable_entries_of_a_damaged_file_go_on_into_the_new_one(folder):
    folder.mkdir()
    (folder / f"{LESSON}.json").write_text(json.dumps({"early": ENTRY, "broken": 3}))
    question().reveal("less")
    assert set(saved(folder)) == {"early", "amount"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_pipe_in_the_place_of_the_file_is_not_read(folder):
    folder.mkdir()
    os.mkfifo(folder / f"{LESSON}.json")
    question().reveal("less")
    assert set(saved(folder)) == {"amount"}


def test_the_option_nearest_to_the_measurement_is_revealed(folder, capsys):
    question = Question("02_objective", "nearest", "Which?", ("a", "b", "c"))
    question.reveal_nearest([0.0, 1.0, 2.0], 1.2)
    assert "Measured: b." in capsys.readouterr().out
