"""The commands in the README and in the page for teachers work."""

import json
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import mean

import pytest
import torch
from PIL import Image
from repository import ROOT

from pix2pix_edu.classroom import questions
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import fake_loss, real_loss

PAGE = (ROOT / "docs" / "class_of_thirty.md").read_text()
HOW_TO = runpy.run_path(str(ROOT / "publishing" / "wheelhouse.py"))["HOW_TO"]


def test_the_ten_lines_of_the_readme_train_and_translate(monkeypatch, tmp_path, capsys):
    (lines,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert len([line for line in lines.splitlines() if line and not line.startswith("from ")]) <= 10
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    exec(lines, {})
    l1 = [float(line.rpartition(" ")[2]) for line in capsys.readouterr().out.splitlines()]
    assert len(l1) == 400
    assert sum(l1[-40:]) < 0.8 * sum(l1[:40])
    with Image.open("fake.png") as fake:
        assert fake.size == (64, 64)


def block(language, word):
    (found,) = [text for kind, text in re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL) if kind == language and word in text]
    return found


def test_the_offline_commands_are_those_in_the_wheelhouse():
    lines = block("sh", "--find-links . ").splitlines()
    assert len(lines) == 2
    assert all(f"  {line}\n" in HOW_TO for line in lines)


@pytest.fixture
def handed_in(monkeypatch, tmp_path):
    """The predictions of two learners, zipped with the page's own command; the second learner entered one of two."""
    zipping = block("sh", "ada.zip").split()[1:]
    for learner, predictions in {"ada": ("more", "less"), "bob": ("less", None)}.items():
        (tmp_path / learner).mkdir()
        monkeypatch.chdir(tmp_path / learner)
        for (lesson, question), prediction in zip((("01_pairs", "How many?"), ("02_objective", "How much?")), predictions, strict=True):
            questions.Question(lesson, "amount", question, ("more", "less")).reveal("more")
            file = questions.FOLDER / f"{lesson}.json"
            entries = json.loads(file.read_text())
            if prediction:
                file.write_text(json.dumps({"amount": {**entries["amount"], "prediction": prediction}}))
        subprocess.run([sys.executable, *zipping], check=True)
        with zipfile.ZipFile("ada.zip", "a") as archive:
            archive.writestr("votes/real_or_fake_1.json", '{"seed": "1"}')  # handed in with the predictions
        (tmp_path / "collected").mkdir(exist_ok=True)
        Path("ada.zip").rename(tmp_path / "collected" / f"{learner}.zip")
    return tmp_path


def test_the_program_that_counts_predictions_counts_them(handed_in):
    done = subprocess.run([sys.executable, "-c", block("python", "collected")], cwd=handed_in, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["How many?", "    1  more", "    1  less", "How much?", "    1  less", "    1  (nothing entered)"]


def test_the_numbers_of_the_page_on_debugging_are_those_of_the_healthy_runs():
    page = " ".join((ROOT / "docs" / "debugging.md").read_text().split())
    logs = [json.loads((ROOT / "data" / "clinic" / f"healthy-{seed}.json").read_text())["log"] for seed in range(3)]
    for name in ("discriminator", "adversarial", "on_real", "on_fake", "l1", "discriminator_gradient"):
        first, last = (mean(mean(log[name][part]) for log in logs) for part in (slice(1), slice(-20, None)))
        assert f"from {first:.2f} to {last:.2f}" in page, name


def test_the_five_numbers_of_the_page_on_debugging_can_be_measured_in_a_training_step_written_by_hand():
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "debugging.md").read_text(), flags=re.DOTALL)
    names = {}
    exec(program, names)
    G, D = Generator(depth=3, width=4), PatchDiscriminator(16, width=4)
    x, y = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    length, fake = names["gradient_length"], G(x)
    assert length(D) == length(G) == 0  # no backward() yet
    ((real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2).backward()
    expected = torch.cat([weight.grad.flatten() for weight in D.parameters()]).norm().item()
    assert length(D) == pytest.approx(expected, rel=1e-5)
    assert length(G) == 0
    real_loss(D(x, fake)).backward()
    assert 0 < length(G) < 1000
    numbers = names["what_d_says"](G, D, x, y)
    assert 0.3 < numbers["of real"] < 0.7
    assert 0.3 < numbers["of fake"] < 0.7
    assert 0 < numbers["L1"] < 2


@pytest.mark.parametrize("page", ["ninety_minutes", "debugging", "teaching", "class_of_thirty", "many_gpus"])
def test_the_pictures_and_links_of_a_page_are_there(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", (ROOT / "docs" / f"{page}.md").read_text()):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target


def test_the_moving_picture_of_the_readme_is_small_and_moves():
    with Image.open(ROOT / "data" / "pictures" / "drawing.webp") as film:
        assert film.n_frames > 30
        assert film.size == (2 * 128 * 3 + 8, 128 * 3)
    assert (ROOT / "data" / "pictures" / "drawing.webp").stat().st_size < 2e6
    assert "](data/pictures/drawing.webp)" in (ROOT / "README.md").read_text()
