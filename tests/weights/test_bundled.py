import pytest
import torch
from safetensors.torch import save_file

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import DATA
from pix2pix_edu.run import loop
from pix2pix_edu.run.networks import open_generator, save_for_sharing
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained


def test_what_a_run_ships_is_loaded_with_its_settings(tmp_path):
    settings = Settings(size=32, depth=3, width=4, steps=2, loss="L1+GAN", patch=34)
    model = loop.resume(settings, tmp_path / "run")
    list(loop.run(model, settings, tmp_path / "run"))
    save_for_sharing(tmp_path / "run", "small", tmp_path / "weights")
    generator, discriminator = load_pretrained("small", tmp_path / "weights")
    assert (generator.depth, discriminator.patch, discriminator.conditional) == (3, 34, False)
    for loaded, trained in ((generator, model.generator), (discriminator, model.discriminator)):
        for key, value in trained.state_dict().items():
            torch.testing.assert_close(loaded.state_dict()[key], value, rtol=1e-3, atol=1e-4)  # half precision


def test_a_name_that_was_not_trained_is_refused_with_those_that_were():
    with pytest.raises(ValueError, match="no trained networks named 'cats': choose one of facades_64"):
        load_pretrained("cats")


@pytest.mark.parametrize("name", ["facades_64", "facades_64_L1"])
def test_the_shipped_networks_translate_and_judge_houses_they_have_never_seen(name):
    generator, discriminator = load_pretrained(name)
    torch.manual_seed(0)
    houses = [SyntheticPairs(8, 64, seed=999)[i] for i in range(8)]
    x, y = stack_pairs(houses)
    with torch.no_grad():
        fake = torch.cat([generator(one[None]) for one in x])
        real_more_real = [
            discriminator(a[None], b[None]).mean() > discriminator(a[None], c[None]).mean() for a, b, c in zip(x, y, fake, strict=True)
        ]
    assert (fake - y).abs().mean() < 0.9 * (y.roll(1, 0) - y).abs().mean()  # nearer than the photograph of another house
    assert sum(real_more_real) >= 6


def test_a_generator_shared_as_one_file_translates_on_its_own(tmp_path):
    settings = Settings(size=32, depth=3, width=4, steps=1)
    list(loop.run(loop.resume(settings, tmp_path / "run"), settings, tmp_path / "run"))
    save_for_sharing(tmp_path / "run", "small", tmp_path / "weights")
    (tmp_path / "weights" / "small.discriminator.safetensors").unlink()
    generator = open_generator(tmp_path / "weights" / "small.generator.safetensors")
    assert generator(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("damage", ["cut", "empty", "another network", "no settings"])
def test_a_weight_file_that_holds_no_generator_is_refused_with_its_name(tmp_path, damage):
    path = tmp_path / "mine.generator.safetensors"
    whole = (DATA / "weights" / "facades_64.generator.safetensors").read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "another network":
        path.write_bytes((DATA / "weights" / "facades_64.discriminator.safetensors").read_bytes())
    else:
        save_file({"weight": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match=r"mine\.generator\.safetensors is damaged or holds no Generator"):
        open_generator(path)


def test_a_weight_file_that_is_not_there_is_refused_with_its_name(tmp_path):
    with pytest.raises(ValueError, match=r"no weight file at .*mine\.safetensors"):
        open_generator(tmp_path / "mine.safetensors")
