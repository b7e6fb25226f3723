import base64
import dataclasses
import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from PIL import Image, ImageFilter

from pix2pix_edu.classroom.real_or_fake.figures import draw_fooled
from pix2pix_edu.classroom.real_or_fake.game import MODELS, PRACTICE, RealOrFake, class_result, draw_votes, real_or_fake
from pix2pix_edu.classroom.real_or_fake.pictures import find_pair, real_pictures
from pix2pix_edu.classroom.real_or_fake.vote_files import read_game
from pix2pix_edu.classroom.real_or_fake.votes import Tally, Trial, tally
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import BASE, cell_settings, unseen_pairs
from pix2pix_edu.images import to_image
from pix2pix_edu.run.record import write_record

OTHER = {"left": "right", "right": "left"}
TRIAL = Trial("L1", 0, 5, "left", down=1.0, across=0.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A gallery of models that blur the real picture, each more than the one before: three runs, one step."""
    folder = tmp_path_factory.mktemp("gallery")
    reals = [to_image(y) for _, y in unseen_pairs("painted", BASE.size)[:12]]
    for strength, model in enumerate(MODELS, start=1):
        for run in range(3):
            cell = tmp_path_factory.mktemp("cell")
            fakes = [np.asarray(real.filter(ImageFilter.GaussianBlur(strength + run / 4))) for real in reals]
            Image.fromarray(np.hstack(fakes)).save(cell / f"fakes_{BASE.steps:06d}.png")
            settings = dataclasses.asdict(cell_settings(model, run))
            rest = {"command": "", "step": BASE.steps, "seconds": 1.0, "sittings": [], "curve": {}, "scores": {str(BASE.steps): {}}}
            write_record({"settings": settings, **rest}, cell / "record.json")
            gallery.add_cell(cell, model, run, folder)
    return folder


@pytest.fixture
def play(built, tmp_path, monkeypatch):
    """A game without pauses, which saves into this test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RealOrFake, "pause", 0.0)
    return lambda **options: real_or_fake(**{"gallery": built, **options})


def press(widget, choose):
    """Answer every remaining pair with `choose(trial)`."""
    while widget.phase != "result":
        if widget.phase == "question":
            {"left": widget.left, "right": widget.right}[choose(widget.trials[len(widget.votes)])].click()
        else:
            widget.next_button.click()
    return widget


def pixels(page):
    """The pictures in some HTML."""
    return [Image.open(io.BytesIO(base64.b64decode(found))) for found in re.findall(r'src="data:image/png;base64,([^"]+)', page)]


def without_pictures(page):
    return re.sub(r'src="[^"]+"', "", page)


def of_a_perfect_generator(folder, steps):
    """The last fakes in a gallery whose G painted the targets at each of these steps, and the real pictures beside them."""
    reals = [np.asarray(to_image(y)) for _, y in unseen_pairs("painted", BASE.size)[:12]]
    for step in steps:
        Image.fromarray(np.hstack(reals)).save(folder / f"fakes_{step:06d}.png")
    rest = {"command": "", "step": steps[-1], "seconds": 1.0, "sittings": [], "curve": {}, "scores": {str(step): {} for step in steps}}
    write_record({"settings": dataclasses.asdict(cell_settings("L1", 0)), **rest}, folder / "record.json")
    gallery.add_cell(folder, "L1", 0, folder / "gallery")
    return gallery.fakes("L1", 0, steps[-1], folder / "gallery"), real_pictures("L1", 0, folder / "gallery")


def test_compression_does_not_tell_real_from_fake(tmp_path):
    """With one moment the pictures are equal, pixel by pixel."""
    fakes, real = of_a_perfect_generator(tmp_path, [BASE.steps])
    untouched = torch.stack([y for _, y in unseen_pairs("painted", BASE.size)[:12]])
    assert torch.equal(fakes, real)
    assert (real - untouched).abs().mean() > 0.01  # so a picture without compression could be recognised


def test_nor_does_it_where_the_gallery_has_several_moments_below_each_other(tmp_path):
    fakes, real = of_a_perfect_generator(tmp_path, [150, 400, 1200, BASE.steps])
    untouched = torch.stack([y for _, y in unseen_pairs("painted", BASE.size)[:12]])
    errors = [(pictures - untouched).abs().mean().item() for pictures in (fakes, real)]
    assert errors[0] == pytest.approx(errors[1], rel=0.1)


def test_the_real_picture_is_the_target_of_the_same_input(built):
    for y, real in zip(gallery.shown_pairs("cGAN", 1, built)[1], real_pictures("cGAN", 1, built), strict=True):
        assert (y - real).abs().mean() < 0.05


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_fake_is_on_its_side(built, side):
    pair = dict(zip(("left", "right"), find_pair(TRIAL._replace(fake=side), built), strict=True))
    assert torch.equal(pair[side], gallery.fakes("L1", 0, BASE.steps, built)[5])
    assert torch.equal(pair[OTHER[side]], real_pictures("L1", 0, built)[5])


def test_the_bundled_gallery_has_every_picture_of_the_usual_game():
    bundled = RealOrFake(0, MODELS, 20, 1.0, None, gallery.GALLERY)
    pairs = [bundled.pair(place) for place in range(len(bundled.trials))]
    assert {tuple(picture.shape) for pair in pairs for picture in pair} == {(3, BASE.size, BASE.size)}


def test_a_patch_is_cut_from_the_same_place_of_both_pictures(built):
    whole, patches = find_pair(TRIAL, built), find_pair(TRIAL, built, patch=16)
    assert all(torch.equal(picture[:, -16:, :16], patch) for picture, patch in zip(whole, patches, strict=True))


def test_the_text_of_a_pair_does_not_reveal_the_side_of_the_fake(play):
    one, other = play(), play()
    other.trials = [trial._replace(fake=OTHER[trial.fake]) for trial in one.trials]
    for widget in (one, other):
        widget.show_next()
    assert [one.note.value, without_pictures(one.frame.value)] == [other.note.value, without_pictures(other.frame.value)]
    assert [image.tobytes() for image in pixels(one.frame.value)] == [image.tobytes() for image in pixels(other.frame.value)[::-1]]
    assert re.findall('alt="([^"]+)"', one.frame.value) == ["Practice pair 1 of 4, left", "Practice pair 1 of 4, right"]


def test_the_browser_shows_the_pair_after_the_pause_and_then_removes_it(play, monkeypatch):
    monkeypatch.setattr(RealOrFake, "pause", 0.8)
    widget = play(seconds=0.5)
    widget.show_next()
    assert widget.frame.value.count("visibility: hidden; animation: pix2pix-glance 0.5s 0.8s") == 2
    assert widget.frame.value.count('onanimationend="this.remove()"') == 2


def test_the_page_is_replaced_for_every_pair_so_that_each_animation_runs(play):
    widget, seen = play(), []
    widget.frame.observe(lambda change: seen.append(change["new"]), names="value")
    press(widget, lambda trial: "left")
    assert sum("animation" in page for page in seen) == len(widget.trials)


def test_a_game_with_patches_shows_patches(play):
    widget = play(patch=16)
    widget.show_next()
    assert [image.size for image in pixels(widget.frame.value)] == [(16, 16), (16, 16)]
    assert "same 16 x 16 pixels" in play(patch=16).note.value


@pytest.mark.parametrize(("choose", "fooled"), [(lambda trial: trial.fake, 0), (lambda trial: OTHER[trial.fake], 5)])
def test_right_answers_count_as_never_fooled_and_wrong_ones_as_always_fooled(play, choose, fooled):
    widget = press(play(), choose)
    assert tally([widget.game()]) == {model: Tally(fooled, 5) for model in MODELS}
    assert f"L1 ({fooled} of 5) {20 * fooled}%" in widget.frame.value


def test_practice_shows_the_truth_and_does_not_count(play):
    widget = play(trials=4)
    for number in range(PRACTICE):
        widget.next_button.click()
        assert f"Practice pair {number + 1} of 4" in widget.note.value
        truth = widget.trials[number].fake
        widget.right.click()
        assert f"{'Right' if truth == 'right' else 'No'}: the fake was on the {truth}." in widget.note.value
        assert re.findall("<figcaption[^>]*>([a-z]+)<", widget.frame.value) == ["fake" if side == truth else "real" for side in OTHER]
    assert len(press(widget, lambda trial: "left").game().votes) == 4


def test_after_practice_the_next_pair_comes_at_once_and_no_answer_is_shown(play):
    widget, notes = play(), []
    widget.note.observe(lambda change: notes.append(change["new"]), names="value")
    press(widget, lambda trial: "left")
    counted = notes[2 * PRACTICE :]
    assert [re.findall(r"> (Pair \d+ of 20)", note) for note in counted] == [[f"Pair {number} of 20"] for number in range(1, 21)] + [[]]
    assert not any("the fake was" in note for note in counted)


def test_a_press_before_the_pair_is_visible_is_ignored(play, monkeypatch):
    monkeypatch.setattr(RealOrFake, "pause", 60.0)
    widget = play()
    widget.show_next()
    widget.left.click()
    assert widget.votes == []


@pytest.mark.parametrize("phase", ["rules", "truth", "result"])
def test_an_answer_without_a_question_is_ignored(play, phase):
    widget = play()
    widget.phase = phase
    widget.left.click()
    assert widget.votes == []


def test_answers_are_saved_next_to_the_notebook_and_the_path_is_shown(play, tmp_path):
    widget = press(play(seed=11), lambda trial: trial.fake)
    widget.nickname.value = "  Ada\tL. "
    widget.save_button.click()
    (path,) = (tmp_path / "votes").iterdir()
    assert str(path) in widget.note.value
    assert read_game(path) == dataclasses.replace(widget.game(), nickname="AdaL.", seed=11)


def test_saving_twice_gives_one_file_and_each_game_has_its_own(play, tmp_path):
    one, other = (press(play(), lambda trial: "left") for _ in range(2))
    for widget in (one, one, other):
        widget.save_button.click()
    assert len(list((tmp_path / "votes").iterdir())) == 2


def test_if_saving_fails_the_answers_are_kept_and_one_sentence_says_why(play, tmp_path):
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
        ({"patch": 129}, "a patch has 1 to 128 pixels"),
        ({"trials": 0}, "at least one trial"),
    ],
)
def test_impossible_options_are_refused_with_the_reason(play, options, message):
    with pytest.raises(ValueError, match=message):
        play(**options)


def test_the_rules_offer_the_class_result_to_people_who_cannot_see_the_pictures(play):
    assert "If you cannot see the pictures, class_result(folder)" in play().note.value


def test_without_a_front_end_there_is_a_sheet_to_play_on_paper_that_does_not_show_the_answers(play, capsys):
    widget = play()
    data, _ = DisplayFormatter().format(widget)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    assert len(pixels(data["text/html"])) == 1
    assert "play on paper" in data["text/plain"]
    exec(re.search(r"from pix2pix_edu.+\]\)", data["text/plain"])[0], {})
    assert capsys.readouterr().out == f"{[trial.fake for trial in widget.trials]}\n"
    assert not re.search("left.*right.*left", without_pictures(data["text/html"]))


def test_the_next_pair_is_drawn_within_a_tenth_of_a_second(play, record_property):
    widget, times = play(), []
    press(widget, lambda trial: "left")
    for place in range(20):
        widget.votes = widget.votes[:place]
        start = time.process_time()
        widget.show_next()
        times.append(1000 * (time.process_time() - start))
    record_property("reaction", f"next pair      p50 {sorted(times)[10]:4.0f} ms   p95 {sorted(times)[18]:4.0f} ms")
    assert sorted(times)[10] < 100


def test_the_class_result_combines_the_files_of_a_folder(play, capsys):
    for nickname, choose in (("Bo", lambda trial: trial.fake), ("Ada", lambda trial: "left"), ("", lambda trial: OTHER[trial.fake])):
        widget = press(play(), choose)
        widget.nickname.value = nickname
        widget.save_button.click()
    Path("votes/notes.txt").write_text("no game")
    class_result("votes")
    told = capsys.readouterr().out
    assert "Games: 3 (Ada, Bo, 1 without a nickname)." in told
    assert "notes.txt does not count" in told
    assert "of 15)" in told


def test_before_anybody_has_played_the_class_result_says_so_without_an_error(play, capsys):
    class_result()
    assert "is not a folder yet: save your answers" in capsys.readouterr().out


def test_the_figure_has_each_share_its_interval_the_line_of_guessing_and_the_papers_share():
    axes = draw_fooled({"L1 (1 of 4)": (25.0, 4.6, 69.9), "cGAN (2 of 4)": (50.0, 15.0, 85.0)}, {"L1 (1 of 4)": 0.8}).axes[0]
    lines = [tuple(map(float, line.get_xdata())) for line in axes.lines]
    assert lines == [(4.6, 69.9), (25.0,), (0.8,), (15.0, 85.0), (50.0,), (50.0, 50.0)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["L1 (1 of 4)", "cGAN (2 of 4)"]


def test_the_alt_text_of_the_result_gives_its_numbers_and_how_the_papers_task_differs():
    _, alt = draw_votes({"L1": Tally(1, 29), "cGAN": Tally(15, 30)})
    assert "L1 (1 of 29) 3%, 1 to 17%; cGAN (15 of 30) 50%, 33 to 67%" in alt
    assert "the paper's 0.8% for L1: the same question, but other people and other pictures" in alt


def test_patches_are_not_compared_with_the_papers_whole_pictures():
    figure, alt = draw_votes({"L1, 16 px": Tally(3, 9)})
    assert "paper" not in alt
    assert len(figure.axes[0].lines) == 3
