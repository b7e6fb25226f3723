"""The scores of drawn facades, on fakes whose scores are known."""

import pytest
import torch

from pix2pix_edu.run import evaluation
from pix2pix_edu.run.settings import Settings, open_pairs
from pix2pix_edu.training import stack_pairs


@pytest.mark.parametrize("drawn", ["unpainted", "painted"])
def test_real_photos_score_as_real_photos_and_grey_ones_do_not(monkeypatch, drawn):
    train_reader = evaluation.train_reader
    monkeypatch.setattr(evaluation, "train_reader", lambda pairs, **options: train_reader(pairs, steps=30, **options))
    settings = Settings(drawn=drawn, size=32, depth=3, width=4, count=24)
    pairs = open_pairs(settings, "val")
    _, ys = stack_pairs(pairs[i] for i in range(12))
    real, grey = (evaluation.score_facades(fakes, ys, ys, settings) for fakes in (ys, torch.zeros_like(ys)))
    assert real.reading == real.yardsticks.real_photos
    assert real.reading.per_class > real.yardsticks.labels_of_another.per_class
    assert (real.blotchiness, real.grid) == (1.0, 1.0)
    assert (real.distances.fid, real.distances.perceptual) == (pytest.approx(0.0, abs=1e-3), 0.0)
    assert real.distances.kid < grey.other_real.kid < grey.distances.kid
    assert grey.other_real.fid < grey.distances.fid
    assert grey.other_real.perceptual < grey.distances.perceptual
    assert grey.reading.per_class < real.reading.per_class
    assert (grey.blotchiness, grey.grid) == (pytest.approx(0.0, abs=1e-4), 0.0)
    assert real.diversity == 0 < grey.real_diversity == real.real_diversity < real.other_real.perceptual
    text = evaluation.report(evaluation.score(ys, ys), real)
    assert f"two fakes of one x are 0.000 apart, two photographs of one x {real.real_diversity:.3f}" in text
    assert f"{'other real houses':20}{real.other_real.fid:10.2f}{real.other_real.kid:10.3f}" in text
    assert "relative to the targets: 1.00   (far above 1: a grid)" in text


@pytest.mark.parametrize("drawn", ["unpainted", "painted"])
def test_other_photographs_are_of_the_same_label_maps(drawn):
    settings = Settings(drawn=drawn, size=64, count=24)
    pairs = open_pairs(settings, "val")
    _, ys = stack_pairs(pairs[i] for i in range(6))
    others = evaluation.other_photographs(settings, 6)
    apart = (others[:, None] - ys[None]).abs().mean(dim=(2, 3, 4))
    assert apart.min() > 0
    if drawn == "painted":  # a label map with the paint and the sky has photographs that are more alike than those of two maps
        assert apart.argmin(dim=1).tolist() == list(range(6))


def test_diversity_is_none_between_equal_answers_and_grows_with_their_difference():
    torch.manual_seed(0)
    pictures = torch.rand(3, 3, 128, 128) * 2 - 1
    noise = torch.randn_like(pictures)
    found = [evaluation.diversity(pictures, (pictures + strength * noise).clamp(-1, 1)) for strength in (0, 0.1, 0.3)]
    assert found[0] == 0 < found[1] < found[2]
