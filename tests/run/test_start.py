"""A run that goes on from bundled networks."""

from dataclasses import replace

import pytest
import torch
from tiny import weights

from pix2pix_edu.run.record import command
from pix2pix_edu.run.settings import Settings, build
from pix2pix_edu.weights.bundled import load_pretrained


def test_a_run_starts_with_the_weights_of_bundled_networks():
    settings = Settings(depth=4, width=16, start="houses_64")
    model = build(settings)
    for network, bundled in zip((model.generator, model.discriminator), load_pretrained("houses_64"), strict=True):
        assert torch.equal(weights(network), weights(bundled))
    assert command(settings) == "python -m pix2pix_edu train FOLDER --depth 4 --width 16 --start houses_64"


def test_with_another_patch_the_discriminator_begins_anew():
    settings = Settings(depth=4, width=16, patch=34, start="houses_64")
    model, untrained = build(settings), build(replace(settings, start=""))
    assert torch.equal(weights(model.generator), weights(load_pretrained("houses_64")[0]))
    assert torch.equal(weights(model.discriminator), weights(untrained.discriminator))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (Settings(start="houses_64"), "the Generator of houses_64 has another shape: train with its own settings"),
        (Settings(depth=4, width=16, loss="L1+GAN", start="houses_64"), "the PatchDiscriminator of houses_64 has another shape"),
        (Settings(start="palaces"), "no trained networks named 'palaces': choose one of earth_128, houses_128"),
    ],
)
def test_networks_that_do_not_fit_the_settings_get_one_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(settings)
