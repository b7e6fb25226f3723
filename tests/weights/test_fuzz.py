"""Damaged and invented weight files, at random: each is refused in one sentence, or is exactly what it holds."""

import time

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pix2pix_edu.generator import Generator
from pix2pix_edu.weights.bundled import open_network, save_network
from pix2pix_edu.weights.reference import generator_state, load_generator

pytestmark = pytest.mark.fault

SMALL = {"depth": 2, "width": 1}
BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["depth", "width", "skips", "dropout", "in_channels", "out_channels", "patch", ""])
NUMBERS = st.integers(-2, 5) | st.sampled_from([13, 14, 2000, 10**6, 2**63]) | JSON


def opens(load, path):
    """The network's weights, or None if the file is refused. Anything else fails, and so does a long wait."""
    start, weights, refusal = time.perf_counter(), None, ""
    try:
        weights = load(path).state_dict()
    except (ValueError, OSError) as error:
        refusal = str(error)
    assert time.perf_counter() - start < 3.0
    assert weights or path.name in refusal
    assert len(refusal) < 600
    return weights


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """For both kinds of file: its path, its bytes, how it is opened, and the weights in it."""
    folder, generator = tmp_path_factory.mktemp("weights"), Generator(**SMALL).half().float()
    torch.save(generator_state(generator), folder / "G.pth")
    save_network(generator.state_dict(), SMALL, 64, folder / "G.safetensors")
    openers = {"G.pth": load_generator, "G.safetensors": lambda path: open_network(path, Generator)}
    return [(folder / name, (folder / name).read_bytes(), load, generator.state_dict()) for name, load in openers.items()]


@BOUNDED
@given(share=st.floats(0, 1, exclude_max=True), kind=st.integers(0, 1))
def test_a_file_cut_short_is_refused(kinds, share, kind):
    path, whole, load, _ = kinds[kind]
    path.write_bytes(whole[: int(share * len(whole))])
    assert opens(load, path) is None


@BOUNDED
@given(flips=FLIPS, kind=st.integers(0, 1), near_the_end=st.booleans())
def test_flipped_bits_never_change_a_network_unseen(kinds, flips, kind, near_the_end):
    path, whole, load, weights = kinds[kind]
    data = bytearray(whole)
    for share, bit in flips:
        span = min(len(data), 1000) if near_the_end else len(data)  # there a zip file has its directory
        data[len(data) - span + int(share * span)] ^= 1 << bit
    path.write_bytes(data)
    found = opens(load, path)
    assert found is None or equal(found, weights)


@BOUNDED
@given(built_with=st.dictionaries(NAMES, NUMBERS, max_size=4) | JSON, size=JSON)
def test_random_settings_build_nothing_that_is_not_in_the_file(tmp_path, built_with, size):
    path, weights = tmp_path / "G.safetensors", Generator(**SMALL).half().float().state_dict()
    save_network(weights, built_with, size, path)
    found = opens(lambda path: open_network(path, Generator), path)
    assert found is None or equal(found, weights)


TENSORS = st.builds(
    lambda shape, kind: torch.ones(shape).to(kind),
    st.lists(st.integers(0, 5), max_size=5),
    st.sampled_from([torch.float32, torch.float16, torch.float64, torch.int64, torch.bool, torch.complex64]),
)
KEYS = st.sampled_from([*generator_state(Generator(**SMALL)), "module.model.model.0.weight", "model.model.1.model.3.model.1.weight", ""])
PREFIXES = st.sampled_from(["", "module.", "net."])


@BOUNDED
@given(changes=st.dictionaries(KEYS, TENSORS, max_size=3), removed=st.sets(KEYS, max_size=2), prefix=PREFIXES)
def test_random_tensors_under_random_names_never_become_another_network(tmp_path, changes, removed, prefix):
    state = {key: value for key, value in (generator_state(Generator(**SMALL)) | changes).items() if key not in removed}
    path = tmp_path / "G.pth"
    torch.save({f"{prefix}{key}": value for key, value in state.items()}, path)
    if opens(load_generator, path) is not None:
        written = generator_state(load_generator(path))
        needed = [key for key in written if "running" not in key and "tracked" not in key]
        assert all(torch.equal(written[key], state[key].float()) for key in needed)
