"""Inception's features: the levels of torchvision's own network, from weights in a file that is read and never run."""

import sys

import pytest
import torch
from command_line import call, refusal
from torchvision.models import inception_v3

from pix2pix_edu.files import read_object
from pix2pix_edu.measures.inception import open_inception
from pix2pix_edu.run.evaluation import distances

SMALL = ("--size", "32", "--depth", "3", "--width", "4", "--steps", "2", "--count", "4")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file like torchvision's, with random weights: the trained ones are not bundled."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(inception_v3(weights=None, init_weights=False, transform_input=False).state_dict(), file)
    return file


def test_the_rows_are_what_torchvisions_network_has_before_its_last_layer(weights):
    ours, theirs = open_inception(weights), inception_v3(weights=None, init_weights=False, transform_input=False).eval()
    theirs.load_state_dict(torch.load(weights, weights_only=True))
    theirs.fc = torch.nn.Identity()
    pictures = torch.rand(2, 3, 299, 299, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        levels = ours.levels(pictures)
        torch.testing.assert_close(ours.describe(levels), theirs(pictures))
    assert [level.shape[1] for level in levels] == [64, 192, 288, 768, 2048]


def test_the_distances_of_real_pictures_from_themselves_are_zero_and_those_of_grey_ones_are_not(weights):
    pictures = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    network = open_inception(weights)
    assert distances(pictures, pictures, network).fid == pytest.approx(0.0, abs=1e-6)
    assert distances(torch.zeros_like(pictures), pictures, network).perceptual > 1e-3


def test_evaluate_prints_and_records_them(weights, monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "2", "--inception", weights, "--record", tmp_path / "record.json")
    assert "on the features of Inception" in capsys.readouterr().out
    scores = read_object(tmp_path / "record.json")["scores"]
    assert set(scores["inception"]) == {"fid", "kid", "perceptual", "diversity"}
    assert min(scores["inception"]["diversity"], *scores["diversity"].values()) > 0


def test_a_file_of_another_network_is_refused(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    said = refusal(monkeypatch, "evaluate", tmp_path / "run", "--inception", tmp_path / "other.pth")
    assert "does not hold the weights of torchvision's Inception v3: use inception_v3_google-0cc3c7bd.pth" in said


@pytest.mark.parametrize("change", [lambda weight: weight * float("nan"), lambda weight: weight + 1j])
def test_a_file_with_values_that_no_network_has_is_refused(weights, tmp_path, change):
    state = torch.load(weights, weights_only=True)
    state["fc.weight"] = change(state["fc.weight"])
    torch.save(state, tmp_path / "damaged.pth")
    with pytest.raises(ValueError, match="holds values that are not finite or no real numbers"):
        open_inception(tmp_path / "damaged.pth")


def test_without_torchvision_one_sentence_says_how_to_install_it(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models", None)  # import then fails as if the package were missing
    with pytest.raises(ValueError, match=r'needs the package torchvision: pip install "pix2pix-edu\[classroom\]"'):
        open_inception(weights)
