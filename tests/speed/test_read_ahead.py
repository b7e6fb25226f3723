import pytest
import torch
from PIL import Image
from tiny import random_pairs

from pix2pix_edu.photos.folders import PhotoPairs
from pix2pix_edu.run import loop
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.training import Batches


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_read_ahead_are_the_same_in_the_same_order_to_the_last_bit(workers):
    batches = Batches(random_pairs(7, 40), batch_size=3, seed=5, crop=32)
    ahead = ReadAhead(batches, until=12, workers=workers)
    assert all(same(ahead[step], batches[step]) for step in range(4, 12))


def test_a_step_elsewhere_starts_reading_there():
    batches = Batches(random_pairs(7), batch_size=2)
    ahead = ReadAhead(batches, until=20, workers=2)
    assert all(same(ahead[step], batches[step]) for step in (3, 4, 10, 11, 0))


def test_a_picture_that_cannot_be_read_is_named_in_one_sentence(tmp_path):
    for name in "abc":
        Image.effect_noise((64, 32), 80).convert("RGB").save(tmp_path / f"{name}.png")
    pairs = PhotoPairs(tmp_path, size=32)
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:300])  # after the headers were read
    ahead = ReadAhead(Batches(pairs, batch_size=3), until=4, workers=2)
    with pytest.raises(ValueError, match="b.png") as error:
        ahead[0]
    assert "\n" not in str(error.value)


def test_a_training_with_workers_is_the_same_to_the_last_bit_its_dropout_too(tmp_path):
    settings = Settings(size=32, depth=3, width=4, patch=16, count=6, batch_size=2, steps=4)
    for workers in (0, 1):
        folder = tmp_path / str(workers)
        for _ in loop.run(loop.resume(settings, folder), settings, folder, workers=workers):
            pass
    assert (tmp_path / "0" / "losses.csv").read_text() == (tmp_path / "1" / "losses.csv").read_text()
