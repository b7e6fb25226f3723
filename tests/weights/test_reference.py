import pickle
from pathlib import Path

import pytest
import reference
import torch

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.weights.reference import discriminator_state, generator_state, load_discriminator, load_generator


@pytest.mark.parametrize("record", reference.RECORD["generators"], ids=lambda record: f"depth {record['depth']}")
def test_the_references_generator_gives_the_references_outputs(record):
    generator = reference.without_dropout(load_generator(reference.weights(record["keys"])))
    x = reference.picture(f"x{record['size']}b{record['batch']}", record["batch"], 3, record["size"])
    assert sum(weight.numel() for weight in generator.parameters()) == record["parameters"]
    assert reference.deviation(generator(x), record["output"]) < 1e-5


@pytest.mark.parametrize("record", reference.RECORD["discriminators"], ids=lambda record: f"patch {record['patch']}")
def test_the_references_discriminator_gives_the_references_outputs(record):
    discriminator = load_discriminator(reference.weights(record["keys"]))
    x, y = (reference.picture(f"{name}{record['size']}b{record['batch']}", record["batch"], 3, record["size"]) for name in "xy")
    assert sum(weight.numel() for weight in discriminator.parameters()) == record["parameters"]
    assert reference.deviation(discriminator(x, y), record["output"]) < 1e-5


@pytest.mark.parametrize("record", reference.RECORD["generators"], ids=lambda record: f"depth {record['depth']}")
def test_a_generator_is_written_under_exactly_the_keys_it_came_with(record):
    came = reference.weights(record["keys"])
    written = generator_state(load_generator(came))
    assert written.keys() == came.keys()
    assert all(torch.equal(written[key], came[key]) for key in came)


@pytest.mark.parametrize("record", reference.RECORD["discriminators"], ids=lambda record: f"patch {record['patch']}")
def test_a_discriminator_is_written_under_exactly_the_keys_it_came_with(record):
    came = reference.weights(record["keys"])
    written = discriminator_state(load_discriminator(came))
    assert written.keys() == came.keys()
    assert all(torch.equal(written[key], came[key]) for key in came)


@pytest.mark.parametrize("settings", [{"depth": 8, "width": 4}, {"depth": 7, "width": 6}, {"depth": 5, "width": 4, "in_channels": 1}])
def test_generators_of_any_shape_make_the_round_trip_through_a_file(tmp_path, settings):
    generator = Generator(**settings)
    torch.save(generator_state(generator), tmp_path / "latest_net_G.pth")
    again = load_generator(tmp_path / "latest_net_G.pth")
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in generator.state_dict().items())


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("patch", PATCHES)
def test_discriminators_of_any_patch_make_the_round_trip_through_a_file(tmp_path, patch, conditional):
    discriminator = PatchDiscriminator(patch, width=4, conditional=conditional)
    torch.save(discriminator_state(discriminator), tmp_path / "latest_net_D.pth")
    again = load_discriminator(tmp_path / "latest_net_D.pth")
    assert (again.patch, again.conditional) == (patch, conditional)
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in discriminator.state_dict().items())


def test_a_file_without_running_statistics_loads_as_well():
    state = {
        key: value for key, value in generator_state(Generator(depth=5, width=4)).items() if "running" not in key and "tracked" not in key
    }
    assert load_generator(state).depth == 5


class Boom:
    def __reduce__(self):
        return Path.touch, (Path("pwned"),)


def test_a_hostile_file_is_refused_and_nothing_in_it_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hostile.pth").write_bytes(pickle.dumps({"model.model.0.weight": Boom()}))
    torch.save({"model.model.0.weight": Boom()}, tmp_path / "hostile_zip.pth")
    for name in ("hostile.pth", "hostile_zip.pth"):
        with pytest.raises(ValueError, match="is damaged or is not a plain weight file; nothing in it was run"):
            load_generator(tmp_path / name)
    assert not (tmp_path / "pwned").exists()


def test_damaged_missing_and_foreign_files_get_one_clear_sentence(tmp_path):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "whole.pth")
    (tmp_path / "half.pth").write_bytes((tmp_path / "whole.pth").read_bytes()[:5000])
    (tmp_path / "text.pth").write_text("these are no weights")
    for name in ("half.pth", "text.pth"):
        with pytest.raises(ValueError, match="is damaged or is not a plain weight file"):
            load_generator(tmp_path / name)
    with pytest.raises(ValueError, match="there is no weight file at"):
        load_generator(tmp_path / "missing.pth")
    torch.save({"epoch": 3}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="must contain named tensors and nothing else"):
        load_generator(tmp_path / "other.pth")


def test_weights_of_another_network_are_refused_by_name():
    generator, discriminator = generator_state(Generator(depth=5, width=4)), discriminator_state(PatchDiscriminator(16, width=4))
    with pytest.raises(ValueError, match="not the weights of a reference U-Net generator: the keys begin with model.0.weight"):
        load_generator(discriminator)
    with pytest.raises(ValueError, match="not the weights of a reference PatchGAN discriminator"):
        load_discriminator(generator)


def test_weights_with_instance_norm_are_refused_with_the_reason():
    state = generator_state(Generator(depth=5, width=4))
    state = {key: value for key, value in state.items() if value.dim() == 4} | {"model.model.3.bias": state["model.model.3.bias"]}
    with pytest.raises(ValueError, match="only the reference's U-Net and PatchGAN with batch norm can be read"):
        load_generator(state)


def test_weights_of_the_wrong_shape_are_refused():
    state = generator_state(Generator(depth=5, width=4))
    state["model.model.1.model.1.weight"] = torch.zeros(3, 3, 4, 4)
    with pytest.raises(ValueError, match="their shapes are those of another network"):
        load_generator(state)


def test_a_generator_without_skips_has_no_place_in_the_reference():
    with pytest.raises(ValueError, match="no generator without skips"):
        generator_state(Generator(depth=3, width=4, skips=False))
