import pickle
import time
import zipfile
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


@pytest.mark.fault
def test_a_hostile_file_is_refused_and_nothing_in_it_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hostile.pth").write_bytes(pickle.dumps({"model.model.0.weight": Boom()}))
    torch.save({"model.model.0.weight": Boom()}, tmp_path / "hostile_zip.pth")
    for name in ("hostile.pth", "hostile_zip.pth"):
        with pytest.raises(ValueError, match="is damaged or is not a plain weight file; nothing in it was run"):
            load_generator(tmp_path / name)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.fault
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


@pytest.mark.fault
def test_weights_of_another_network_are_refused_by_name():
    generator, discriminator = generator_state(Generator(depth=5, width=4)), discriminator_state(PatchDiscriminator(16, width=4))
    with pytest.raises(ValueError, match="not the weights of a reference U-Net generator: the keys begin with model.0.weight"):
        load_generator(discriminator)
    with pytest.raises(ValueError, match="not the weights of a reference PatchGAN discriminator"):
        load_discriminator(generator)


@pytest.mark.fault
def test_weights_with_instance_norm_are_refused_with_the_reason():
    state = generator_state(Generator(depth=5, width=4))
    state = {key: value for key, value in state.items() if value.dim() == 4} | {"model.model.3.bias": state["model.model.3.bias"]}
    with pytest.raises(ValueError, match="only the reference's U-Net and PatchGAN with batch norm can be read"):
        load_generator(state)


@pytest.mark.fault
def test_weights_of_the_wrong_shape_are_refused():
    state = generator_state(Generator(depth=5, width=4))
    state["model.model.1.model.1.weight"] = torch.zeros(3, 3, 4, 4)
    with pytest.raises(ValueError, match="model.model.1.model.1.weight has the shape 3 x 3 x 4 x 4 instead of 8 x 4 x 4 x 4"):
        load_generator(state)


@pytest.mark.fault
def test_a_generator_without_skips_has_no_place_in_the_reference():
    with pytest.raises(ValueError, match="no generator without skips"):
        generator_state(Generator(depth=3, width=4, skips=False))


def narrow():
    return generator_state(Generator(depth=8, width=1))


def ends(width):
    """The first and the last convolution of a generator: some hundred KB for a width of 2000."""
    return {"model.model.0.weight": torch.zeros(width, 3, 4, 4), "model.model.3.weight": torch.zeros(2 * width, 3, 4, 4)}


def stretched(width):
    """Every weight of a wide generator in a few KB: one number each, repeated by strides of 0."""
    inner = {key: value for key, value in narrow().items() if key not in ends(1) and key != "model.model.3.bias" and value.dim()}
    shapes = {key: [side * width for side in value.shape[:2]] + list(value.shape[2:]) for key, value in inner.items()}
    shapes |= {key: value.shape for key, value in ends(width).items()} | {"model.model.3.bias": [3]}
    return {key: torch.zeros(1).expand(shape) for key, shape in shapes.items()}


HOSTILE = {
    "a width that only the ends have": (lambda: narrow() | ends(2000), "do not fit: .* has the shape 2 x 1 x 4 x 4 instead of 4000 x 2000"),
    "one number repeated by strides": (lambda: stretched(8000), "claim more values than they hold"),
    "one storage for every weight": (lambda: dict.fromkeys(narrow(), torch.zeros(8, 8, 4, 4)), "claim more values than they hold"),
    "no values": (lambda: {key: value.to("meta") for key, value in narrow().items()}, "sparse, nested, quantized or without values"),
    "sparse": (lambda: narrow() | {"model.model.3.weight": torch.zeros(2, 3, 4, 4).to_sparse()}, "is sparse, nested, quantized or without"),
    "quantized": (
        lambda: narrow() | {"model.model.3.weight": torch.quantize_per_tensor(torch.zeros(2, 3, 4, 4), 1.0, 0, torch.qint8)},
        "is sparse, nested, quantized or without values",
    ),
    "keys nested 3000 deep": (lambda: narrow() | {"model" + 3000 * ".model": torch.zeros(1)}, "depth must be from 1 to 13"),
    "a key of a megabyte": (lambda: narrow() | {"x" * 10**6: torch.zeros(1)}, r"nothing missing, 'x{60}'\.\.\. unknown"),
    "a key that moves the cursor": (lambda: narrow() | {"a\x1b[2J\n": torch.zeros(1)}, r"nothing missing, 'a\\x1b\[2J\\n'\.\.\. unknown"),
    "complex numbers": (lambda: {key: value.to(torch.complex64) for key, value in narrow().items()}, "of type torch.complex64"),
    "whole numbers": (lambda: {key: value.to(torch.int32) for key, value in narrow().items()}, "of type torch.int32"),
    "a first layer that is a number": (lambda: narrow() | {"model.model.0.weight": torch.tensor(1.0)}, "is no convolution"),
    "NaN": (lambda: narrow() | {"model.model.3.bias": torch.tensor([0.0, torch.nan, 0.0])}, "values that are not finite"),
    "too large for float32": (
        lambda: narrow() | {"model.model.3.bias": torch.full((3,), 1e300, dtype=torch.float64)},
        "values that are not finite",
    ),
    "keys that are numbers": (lambda: dict(enumerate(narrow().values())), "named tensors and nothing else"),
    "nothing": (dict, "the keys begin with nothing"),
}


@pytest.mark.fault
@pytest.mark.filterwarnings("ignore:Validating sparse", "ignore:torch.quantize_per_tensor", "ignore:TypedStorage")
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_claims_what_no_generator_has_is_refused_at_once_in_one_sentence(tmp_path, kind):
    make, reason = HOSTILE[kind]
    path = tmp_path / "hostile.pth"
    torch.save(make(), path)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=rf"hostile\.pth.*{reason}") as refusal:
        load_generator(path)
    assert time.perf_counter() - start < 1.0  # to build the widest one would take minutes and hundreds of GB
    assert len(str(refusal.value).removeprefix(str(path))) < 250


@pytest.mark.fault
def test_a_discriminator_that_claims_more_than_it_has_is_refused_at_once():
    state = discriminator_state(PatchDiscriminator(70, width=1)) | {"model.0.weight": torch.zeros(50_000, 6, 1, 1)}
    start = time.perf_counter()
    with pytest.raises(ValueError, match="the weights do not fit"):
        load_discriminator(state)
    assert time.perf_counter() - start < 1.0


@pytest.mark.fault
def test_a_compressed_file_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path):
    torch.save({"model.model.0.weight": torch.zeros(10**7)}, tmp_path / "whole.pth")
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole, zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
        for part in whole.namelist():
            bomb.writestr(part, whole.read(part))
    assert (tmp_path / "bomb.pth").stat().st_size < 10**5
    with pytest.raises(ValueError, match="bomb.pth is damaged or is not a plain weight file"):
        load_generator(tmp_path / "bomb.pth")


@pytest.mark.fault
def test_a_part_that_is_marked_as_a_folder_is_refused(tmp_path):
    # One flipped bit is enough. torch.load then returns numbers that are not in the file.
    torch.save(generator_state(Generator(depth=2, width=1)), tmp_path / "G.pth")
    with zipfile.ZipFile(tmp_path / "G.pth") as file:
        directory = file.start_dir
    data = bytearray((tmp_path / "G.pth").read_bytes())
    entry = data.index(b"/data/0", directory) - len("G") - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    data[entry + 38] ^= 0x10
    (tmp_path / "G.pth").write_bytes(data)
    with pytest.raises(ValueError, match=r"G\.pth is damaged"):
        load_generator(tmp_path / "G.pth")


def test_weights_saved_from_several_gpus_are_read_without_their_prefix(tmp_path):
    generator, discriminator = Generator(depth=5, width=4), PatchDiscriminator(16, width=4)
    for network, written, load in ((generator, generator_state, load_generator), (discriminator, discriminator_state, load_discriminator)):
        torch.save({f"module.{key}": value for key, value in written(network).items()}, tmp_path / "net.pth")
        again = load(tmp_path / "net.pth").state_dict()
        assert all(torch.equal(value, again[key]) for key, value in network.state_dict().items())


def test_running_averages_are_not_needed_and_may_be_anything():
    generator = Generator(depth=5, width=4)
    state = {key: value + 7 if "running" in key else value for key, value in generator_state(generator).items()}
    assert all(torch.equal(value, generator.state_dict()[key]) for key, value in load_generator(state).state_dict().items())


@pytest.mark.fault
def test_running_averages_of_no_layer_are_unknown_weights():
    state = generator_state(Generator(depth=5, width=4)) | {"other.running_mean": torch.zeros(4)}
    with pytest.raises(ValueError, match="nothing missing, other.running_mean unknown"):
        load_generator(state)


@pytest.mark.fault
@pytest.mark.parametrize("build", [Generator, PatchDiscriminator])
def test_weights_with_spectral_norm_are_refused_with_the_reason(build):
    network = Generator(depth=3, width=4) if build is Generator else PatchDiscriminator(16, width=4)
    state = (generator_state if build is Generator else discriminator_state)(network)
    load = load_generator if build is Generator else load_discriminator
    state = {f"{key}_orig" if value.dim() == 4 else key: value for key, value in state.items()}
    with pytest.raises(ValueError, match="these weights have spectral norm"):
        load(state)


@pytest.mark.fault
def test_a_weight_that_is_missing_is_named_and_not_every_other_one():
    state = generator_state(Generator(depth=8, width=1))
    for key in [key for key in state if ".1.weight" in key]:
        del state[key]
    with pytest.raises(ValueError, match="do not fit: .* and 5 more missing, nothing unknown") as refusal:
        load_generator(state)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(("x_channels", "y_channels"), [(1, 1), (1, 3), (3, 1), (4, 2)])
def test_other_than_three_channels_are_read_from_the_file(x_channels, y_channels):
    generator = load_generator(generator_state(Generator(x_channels, y_channels, depth=3, width=4)))
    assert generator(torch.zeros(1, x_channels, 16, 16)).shape == (1, y_channels, 16, 16)
    discriminator = load_discriminator(discriminator_state(PatchDiscriminator(16, x_channels, y_channels, width=4)), y_channels)
    assert discriminator.conditional
    assert discriminator(torch.zeros(1, x_channels, 16, 16), torch.zeros(1, y_channels, 16, 16)).shape[1] == 1


@pytest.mark.fault
def test_a_discriminator_whose_channels_could_be_split_in_many_ways_asks_how():
    state = discriminator_state(PatchDiscriminator(16, 1, 3, width=4))
    with pytest.raises(ValueError, match="takes 4 channels: say how many of them are those of y, with y_channels"):
        load_discriminator(state)
    for y_channels in (0, 5):
        with pytest.raises(ValueError, match=f"takes 4 channels, so y cannot have {y_channels}"):
            load_discriminator(state, y_channels)
    assert not load_discriminator(state, 4).conditional
