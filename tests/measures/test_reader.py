"""The reader and its scores, compared with hand counts and plain loops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pix2pix_edu.drawing.classes import CLASSES, PALETTE
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.measures.reader import (
    Reader,
    labels_and_photos,
    median_colour_per_class,
    read,
    reading_scores,
    scores,
    train_reader,
    yardsticks,
)


def test_scores_agree_with_a_hand_count():
    labels, found = torch.tensor([[0, 0, 0, 1], [1, 5, 5, 5]]), torch.tensor([[0, 0, 1, 1], [0, 5, 7, 5]])
    # right: 2 of 3, 1 of 2, 2 of 3; predicted: class 0 three times, 1 twice, 5 twice; class 7 is predicted but does not occur
    assert scores(found, labels) == pytest.approx((5 / 8, (2 / 3 + 1 / 2 + 2 / 3) / 3, (2 / 4 + 1 / 3 + 2 / 3) / 3))


numbers = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=1, max_size=60)


@given(numbers)
@settings(max_examples=100, deadline=None)
def test_scores_agree_with_a_plain_loop(pixels):
    recalls, overlaps = [], []
    for number in {true for _, true in pixels}:
        called = {i for i, (found, _) in enumerate(pixels) if found == number}
        there = {i for i, (_, true) in enumerate(pixels) if true == number}
        recalls.append(len(called & there) / len(there))
        overlaps.append(len(called & there) / len(called | there))
    per_pixel = sum(found == true for found, true in pixels) / len(pixels)
    expected = (per_pixel, sum(recalls) / len(recalls), sum(overlaps) / len(overlaps))
    found, labels = torch.tensor(pixels).unbind(1)
    assert scores(found, labels) == pytest.approx(expected)


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"the same shape, got \(2, 4\) and \(4, 2\)"):
        scores(torch.zeros(2, 4, dtype=torch.long), torch.zeros(4, 2, dtype=torch.long))


@pytest.fixture(scope="module")
def reader():
    return train_reader(SyntheticPairs(64, 32), steps=80)


@pytest.fixture(scope="module")
def unseen():
    return labels_and_photos(SyntheticPairs(24, 32, seed=1))


def test_a_reader_after_a_little_training_beats_the_commonest_class(reader, unseen):
    labels, photos = unseen
    commonest = torch.full_like(labels, labels.flatten().mode().values.item())
    both = zip(reading_scores(reader, photos, labels), scores(commonest, labels), strict=True)
    assert all(trained > constant + 0.15 for trained, constant in both)


def test_the_prediction_for_a_photo_does_not_depend_on_its_batch(reader, unseen):
    _, photos = unseen
    reader.train()  # read() switches it back
    alone = torch.cat([read(reader, photo[None]) for photo in photos])
    assert (alone == read(reader, photos)).double().mean() > 0.9999  # ties may differ


def test_the_seed_alone_determines_the_reader_and_the_callers_random_numbers_are_not_used():
    weights = []
    for seed, callers_seed in ((1, 5), (1, 6), (2, 5)):
        torch.manual_seed(callers_seed)
        before = torch.get_rng_state()
        weights.append(train_reader(SyntheticPairs(4, 32), steps=2, seed=seed).classify.weight)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("size", [(32, 32), (48, 32), (37, 41)])
def test_a_reader_classifies_every_pixel_at_any_size(size):
    assert Reader().eval()(torch.zeros(2, 3, *size)).shape == (2, len(CLASSES), *size)


def test_a_prediction_depends_on_exactly_the_13_x_13_pixels_around_it():
    reader = Reader().eval()
    for weight in reader.parameters():
        weight.data.abs_()  # so that nothing cancels
    photo = torch.ones(1, 3, 32, 40, requires_grad=True)
    reader(photo)[0, :, 15, 20].sum().backward()
    window = torch.zeros(32, 40, dtype=torch.bool)
    window[15 - 6 : 15 + 7, 20 - 6 : 20 + 7] = True
    assert all(torch.equal(colour != 0, window) for colour in photo.grad[0])


def test_real_photos_score_above_the_other_baselines(reader):
    rows = yardsticks(reader, SyntheticPairs(16, 32), SyntheticPairs(24, 32, seed=1))
    assert rows.real_photos.per_pixel > rows.median_colours.per_pixel
    assert rows.real_photos.iou > rows.labels_of_another.iou + 0.1


def test_baselines_from_a_single_pair_are_refused(reader):
    with pytest.raises(ValueError, match="use two or more"):
        yardsticks(reader, SyntheticPairs(2, 32), SyntheticPairs(1, 32))


def test_each_class_is_painted_in_its_median_colour():
    pairs = SyntheticPairs(6, 32)
    labels, photos = (side.numpy() for side in labels_and_photos(pairs))
    painted = median_colour_per_class(pairs)(pairs[0][0])
    for number in np.unique(labels[0]):
        ordered = np.sort(photos.transpose(0, 2, 3, 1)[labels == number], axis=0)
        expected = ordered[(len(ordered) - 1) // 2]  # of an even number, the lower of the two in the middle
        assert np.array_equal(np.unique(painted.numpy()[:, labels[0] == number].T, axis=0), expected[None])


def test_a_class_that_never_occurred_is_painted_grey():
    x = (torch.from_numpy(PALETTE[:2].copy()).float() / 127.5 - 1).T[:, :, None]  # one pixel of each of two classes
    paint = median_colour_per_class([(x[:, :1], torch.ones(3, 1, 1))])
    assert paint(x).tolist() == [[[1.0], [0.0]]] * 3
