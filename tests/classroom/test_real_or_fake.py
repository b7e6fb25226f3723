import base64
import dataclasses
import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from pix2pix_edu.classroom.real_or_fake import game
from pix2pix_edu.classroom.real_or_fake.figures import draw_fooled
from pix2pix_edu.classroom.real_or_fake.game import MODELS, PRACTICE, RealOrFake, class_result, draw_votes, real_or_fake
from pix2pix_edu.classroom.real_or_fake.pictures import find_pair, real_pictures
from pix2pix_edu.classroom.real_or_fake.vote_files import read_game
from pix2pix_edu.classroom.real_or_fake.votes import Tally, Trial, tally
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import cell_settings, unseen_pairs
from pix2pix_edu.images import to_image
from pix2pix_edu.run.record import write_record

OTHER = {"left": "right", "right": "left"}
TRIAL = Trial("L1", 0, 5, "left", down=1.0, across=0.0)


@pytest.fixture(scope="module")
def hung(tmp_path_factory):
    """A gallery of models that blur the real picture, each a little more: a name, three runs, one moment."""
    folder = tmp_path_factory.mktemp("gallery")
    reals = [to_image(y) for _, y in unseen_pairs("facades", 64)[:12]]
    for strength, model in enumerate(MODELS, start=1):
        for run in range(3):
            cell = tmp_path_factory.mktemp("cell")
            fakes = [np.asarray(real.filter(ImageFilter.GaussianBlur(strength + run / 4))) for real in reals]
            Image.fromarray(np.hstack(fakes)).save(cell / "fakes_001500.png")
            settings = dataclasses.asdict(cell_settings(model, run))
            rest = {"command": "", "step": 1500, "seconds": 1.0, "sittings": [], "curve": {}, "scores": {"1500": {}}}
            write_record({"settings": settings, **rest}, cell / "record.json")
            gallery.hang(cell, model, run, folder)
    return folder


@pytest.fixture
def play(hung, tmp_path, monkeypatch):
    """A game without pauses, saved nowhere but in a folder of this test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RealOrFake, "pause", 0.0)
    return lambda **options: real_or_fake(**{"gallery": hung, **options})


def press(widget, says):
    """Answer every pair by a rule, from wherever the game stands to its end."""
    while widget.phase != "result":
        if widget.phase == "question":
            {"left": widget.left, "right": widget.right}[says(widget.trials[len(widget.votes)])].click()
        else:
            widget.next_button.click()
    return widget


def pixels(page):
    """The pictures in a piece of HTML."""
    return [Image.open(io.BytesIO(base64.b64decode(found))) for found in re.findall(r'src="data:image/png;base64,([^"]+)', page)]


def words(page):
    return re.sub(r'src="[^"]+"', "", page)


# --- the pictures -------------------------------------------------------------------------------------------------------------------


def recompressed(picture):
    """By how many grey levels another compression of the same quality would change a picture."""
    buffer = io.BytesIO()
    to_image(picture).save(buffer, format="JPEG", quality=90, subsampling=0)
    return float(np.abs(np.asarray(Image.open(buffer), dtype=float) - np.asarray(to_image(picture), dtype=float)).mean())


@pytest.mark.parametrize("folder", [gallery.GALLERY, None], ids=["shipped", "made here"])
def test_compression_does_not_tell_real_from_fake(hung, folder):
    folder = folder or hung
    fakes = gallery.fakes("L1", 0, 1500, folder)
    fresh = [recompressed(y) for _, y in unseen_pairs("facades", 64)[:12]]
    compressed = [recompressed(picture) for picture in real_pictures("L1", 0, folder)]
    assert min(fresh) > 1.0  # so a picture that was never compressed would give itself away
    assert max(compressed) < 0.5
    assert max(recompressed(fake) for fake in fakes) < 0.5


def test_the_real_picture_is_the_target_of_the_same_input(hung):
    for y, real in zip(gallery.shown_pairs("cGAN", 1, hung)[1], real_pictures("cGAN", 1, hung), strict=True):
        assert (y - real).abs().mean() < 0.05


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_fake_stands_on_its_side(hung, side):
    pair = dict(zip(("left", "right"), find_pair(TRIAL._replace(fake=side), hung), strict=True))
    assert torch.equal(pair[side], gallery.fakes("L1", 0, 1500, hung)[5])
    assert torch.equal(pair[OTHER[side]], real_pictures("L1", 0, hung)[5])


def test_the_shipped_gallery_has_every_picture_of_the_usual_game():
    shipped = RealOrFake(0, MODELS, 20, 1.0, None, gallery.GALLERY)
    pairs = [shipped.pair(place) for place in range(len(shipped.trials))]
    assert {tuple(picture.shape) for pair in pairs for picture in pair} == {(3, 64, 64)}


def test_a_patch_is_cut_at_the_same_place_out_of_both(hung):
    whole, patches = find_pair(TRIAL, hung), find_pair(TRIAL, hung, patch=16)
    assert all(torch.equal(picture[:, 48:, :16], patch) for picture, patch in zip(whole, patches, strict=True))


# --- a pair on the screen -----------------------------------------------------------------------------------------------------------


def test_the_words_beside_a_pair_are_the_same_wherever_the_fake_stands(play):
    one, other = play(), play()
    other.trials = [trial._replace(fake=OTHER[trial.fake]) for trial in one.trials]
    for widget in (one, other):
        widget.show_next()
    assert [one.note.value, words(one.frame.value)] == [other.note.value, words(other.frame.value)]
    assert [image.tobytes() for image in pixels(one.frame.value)] == [image.tobytes() for image in pixels(other.frame.value)[::-1]]
    assert re.findall('alt="([^"]+)"', one.frame.value) == ["Practice pair 1 of 4, left", "Practice pair 1 of 4, right"]


def test_the_browser_shows_the_pair_for_its_time_after_the_pause_and_drops_it(play, monkeypatch):
    monkeypatch.setattr(RealOrFake, "pause", 0.8)
    widget = play(seconds=0.5)
    widget.show_next()
    assert widget.frame.value.count("visibility: hidden; animation: pix2pix-glance 0.5s 0.8s") == 2
    assert widget.frame.value.count('onanimationend="this.remove()"') == 2


def test_every_pair_is_new_to_the_browser_so_that_each_is_seen(play):
    widget, seen = play(), []
    widget.frame.observe(lambda change: seen.append(change["new"]), names="value")
    press(widget, lambda trial: "left")
    assert sum("animation" in page for page in seen) == len(widget.trials)


def test_what_looks_at_patches_shows_patches(play):
    widget = play(patch=16)
    widget.show_next()
    assert [image.size for image in pixels(widget.frame.value)] == [(16, 16), (16, 16)]
    assert "same 16 x 16 pixels" in play(patch=16).note.value


# --- the game -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("says", "fooled"), [(lambda trial: trial.fake, 0), (lambda trial: OTHER[trial.fake], 5)])
def test_who_always_knows_is_never_fooled_and_who_answers_wrong_on_purpose_always(play, says, fooled):
    widget = press(play(), says)
    assert tally([widget.game()]) == {model: Tally(fooled, 5) for model in MODELS}
    assert f"L1 ({fooled} of 5) {20 * fooled}%" in widget.frame.value


def test_practice_tells_the_truth_and_does_not_count(play):
    widget = play(trials=4)
    for number in range(PRACTICE):
        widget.next_button.click()
        assert f"Practice pair {number + 1} of 4" in widget.note.value
        truth = widget.trials[number].fake
        widget.right.click()
        assert f"{'Right' if truth == 'right' else 'No'}: the fake was on the {truth}." in widget.note.value
        assert re.findall("<figcaption[^>]*>([a-z]+)<", widget.frame.value) == ["fake" if side == truth else "real" for side in OTHER]
    assert len(press(widget, lambda trial: "left").game().votes) == 4


def test_where_it_counts_the_next_pair_comes_at_once_and_no_answer_is_told(play):
    widget, notes = play(), []
    widget.note.observe(lambda change: notes.append(change["new"]), names="value")
    press(widget, lambda trial: "left")
    counted = notes[2 * PRACTICE :]
    assert [re.findall(r"> (Pair \d+ of 20)", note) for note in counted] == [[f"Pair {number} of 20"] for number in range(1, 21)] + [[]]
    assert not any("the fake was" in note for note in counted)


def test_a_press_before_the_pair_can_be_seen_is_no_answer(play, monkeypatch):
    monkeypatch.setattr(RealOrFake, "pause", 60.0)
    widget = play()
    widget.show_next()
    widget.left.click()
    assert widget.votes == []


@pytest.mark.parametrize("phase", ["rules", "truth", "result"])
def test_an_answer_without_a_question_is_none(play, phase):
    widget = play()
    widget.phase = phase
    widget.left.click()
    assert widget.votes == []


def test_answers_are_saved_beside_the_notebook_and_the_path_is_told(play, tmp_path):
    widget = press(play(seed=11), lambda trial: trial.fake)
    widget.nickname.value = "  Ada\tL. "
    widget.save_button.click()
    (path,) = (tmp_path / "votes").iterdir()
    assert str(path) in widget.note.value
    assert read_game(path) == dataclasses.replace(widget.game(), nickname="AdaL.", seed=11)


def test_saving_twice_leaves_one_file_and_each_game_its_own(play, tmp_path):
    one, other = (press(play(), lambda trial: "left") for _ in range(2))
    for widget in (one, one, other):
        widget.save_button.click()
    assert len(list((tmp_path / "votes").iterdir())) == 2


def test_where_nothing_can_be_saved_the_answers_stay_and_one_sentence_says_why(play, tmp_path):
    widget = press(play(), lambda trial: "left")
    (tmp_path / "votes").write_text("a file in the way")
    widget.save_button.click()
    assert "Not saved (" in widget.note.value
    (tmp_path / "votes").unlink()
    widget.save_button.click()
    assert len(list((tmp_path / "votes").iterdir())) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": ["L1", "GAN"]}, "has no seed with all of L1, GAN: choose other models, or train them"),
        ({"seconds": 0}, "shown for 0.05 to 60 seconds, got 0"),
        ({"patch": 65}, "a patch has 1 to 64 pixels"),
        ({"trials": 0}, "at least one trial"),
    ],
)
def test_a_game_that_cannot_be_played_says_why(play, options, message):
    with pytest.raises(ValueError, match=message):
        play(**options)


def test_who_cannot_see_is_told_so_and_offered_the_class_result(play):
    assert "If you cannot see the pictures" in play().note.value
    assert "class_result(folder)" in play().note.value


def test_without_a_front_end_there_is_a_sheet_to_play_on_paper_without_its_answers(play):
    widget = play()
    data = widget._repr_mimebundle_()
    assert len(pixels(data["text/html"])) == 1
    assert "play on paper" in data["text/plain"]
    code = re.search(r"trial\.fake for trial in (deal\(.+?\))\]", data["text/plain"])[1]
    assert eval(code, {"deal": game.deal}) == widget.trials
    assert not re.search("left.*right.*left", words(data["text/html"]))


def test_the_next_pair_is_there_before_a_player_would_wait(play, record_property):
    widget, times = play(), []
    press(widget, lambda trial: "left")
    for place in range(20):
        widget.votes = widget.votes[:place]
        start = time.process_time()
        widget.show_next()
        times.append(1000 * (time.process_time() - start))
    record_property("reaction", f"next pair      p50 {sorted(times)[10]:4.0f} ms   p95 {sorted(times)[18]:4.0f} ms")
    assert sorted(times)[10] < 100


# --- the result ---------------------------------------------------------------------------------------------------------------------


def test_the_class_result_joins_the_files_of_a_folder(play, capsys):
    for nickname, says in (("Bo", lambda trial: trial.fake), ("Ada", lambda trial: "left"), ("", lambda trial: OTHER[trial.fake])):
        widget = press(play(), says)
        widget.nickname.value = nickname
        widget.save_button.click()
    Path("votes/notes.txt").write_text("no game")
    class_result("votes")
    told = capsys.readouterr().out
    assert "Games: 3 (Ada, Bo, 1 without a nickname)." in told
    assert "notes.txt does not count" in told
    assert "of 15)" in told


def test_before_anybody_has_played_the_class_result_says_so_and_goes_on(play, capsys):
    class_result()
    assert "is no folder yet: save your answers" in capsys.readouterr().out


def test_the_figure_shows_each_share_in_its_interval_the_line_of_guessing_and_the_papers_share():
    axes = draw_fooled({"L1 (1 of 4)": (25.0, 4.6, 69.9), "cGAN (2 of 4)": (50.0, 15.0, 85.0)}, {"L1 (1 of 4)": 0.8}).axes[0]
    lines = [tuple(map(float, line.get_xdata())) for line in axes.lines]
    assert lines == [(4.6, 69.9), (25.0,), (0.8,), (15.0, 85.0), (50.0,), (50.0, 50.0)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["L1 (1 of 4)", "cGAN (2 of 4)"]


def test_the_words_of_the_result_state_its_numbers_and_that_the_papers_task_was_another():
    _, alt = draw_votes({"L1": Tally(1, 29), "cGAN": Tally(15, 30)})
    assert "L1 (1 of 29) 3%, 1 to 17%; cGAN (15 of 30) 50%, 33 to 67%" in alt
    assert "the paper's 0.8% for L1: the same question, but other people and other pictures" in alt


def test_patches_are_not_held_against_the_papers_whole_pictures():
    figure, alt = draw_votes({"L1, 16 px": Tally(3, 9)})
    assert "paper" not in alt
    assert len(figure.axes[0].lines) == 3
