import json
import shutil

import pytest
import torch
from command_line import call, refusal

from pix2pix_edu.run import loop
from pix2pix_edu.run.networks import export, open_generator, save_for_sharing
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.weights.reference import load_discriminator, load_generator

pytestmark = pytest.mark.fault

SETTINGS = Settings(size=32, depth=3, width=4, steps=1, count=2)
NAMES = ["latest_net_D.pth", "latest_net_G.pth"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    list(loop.run(loop.resume(SETTINGS, folder), SETTINGS, folder))
    return folder


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the run that a test may damage."""
    return shutil.copytree(trained, tmp_path / "run")


def change_settings(run, **changes):
    settings = json.loads((run / "run.json").read_text()) | changes
    (run / "run.json").write_text(json.dumps(settings))


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_exported_networks_are_those_of_the_run(run, tmp_path):
    export(run, tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == NAMES
    generator, discriminator = load_generator(tmp_path / "out" / NAMES[1]), load_discriminator(tmp_path / "out" / NAMES[0])
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    for network, weights in ((generator, saved["generator"]), (discriminator, saved["discriminator"])):
        assert network.state_dict().keys() == weights.keys()
        assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize("changes", [{"width": 8}, {"depth": 4}, {"patch": 34, "size": 64}, {"loss": "L1+GAN"}, {"skips": False}])
@pytest.mark.parametrize("use", ["export", "share"])
def test_a_run_json_that_does_not_fit_the_weights_gets_one_sentence_and_nothing_is_written(run, tmp_path, changes, use):
    change_settings(run, **changes)
    with pytest.raises(
        ValueError, match=r"the run\.json and the checkpoint in .*run are not of one run \(.*\): put back the run\.json"
    ) as refused:
        export(run, tmp_path / "out") if use == "export" else save_for_sharing(run, "mine", tmp_path / "out")
    assert len(str(refused.value)) < 400
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_translating_with_a_run_json_that_does_not_fit_says_the_same(run, tmp_path, monkeypatch, command):
    change_settings(run, width=8)
    with pytest.raises(ValueError, match=r"the run\.json and the checkpoint in .* are not of one run"):
        open_generator(run)
    words = (run, tmp_path, tmp_path / "out") if command == "translate" else (run,)
    assert "are not of one run" in refusal(monkeypatch, command, *words)


def test_a_file_that_is_there_is_replaced_only_when_asked(run, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / NAMES[0]).write_bytes(b"mine")
    assert "latest_net_D.pth exists already: name another folder, or add --overwrite" in refusal(monkeypatch, "export", run, out)
    assert files(out) == {NAMES[0]: b"mine"}
    call(monkeypatch, "export", run, out, "--overwrite")
    assert load_discriminator(out / NAMES[0]).patch == SETTINGS.patch


def test_a_link_is_never_followed(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "precious").write_bytes(b"mine")
    for target in ("precious", "nowhere"):
        try:
            (tmp_path / "out" / NAMES[1]).symlink_to(tmp_path / target)
        except OSError:  # Windows allows links only to some
            pytest.skip("this account may not make links")
        with pytest.raises(ValueError, match=r"latest_net_G\.pth exists already"):
            export(run, tmp_path / "out")
        export(run, tmp_path / "out", overwrite=True)
        assert not (tmp_path / "out" / NAMES[1]).is_symlink()
        for name in NAMES:
            (tmp_path / "out" / name).unlink()
    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_the_place_of_a_file_is_left_alone(run, tmp_path):
    (tmp_path / "out" / NAMES[1]).mkdir(parents=True)
    for overwrite in (False, True):
        with pytest.raises(ValueError, match=r"latest_net_G\.pth is a folder"):
            export(run, tmp_path / "out", overwrite)


def test_a_file_in_the_place_of_the_folder_is_left_alone(run, tmp_path):
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(ValueError, match="out is a file: name a folder"):
        export(run, tmp_path / "out", overwrite=True)
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_full_disk_leaves_both_files_as_they_were(run, tmp_path):
    resource = pytest.importorskip("resource")
    export(run, tmp_path / "out")
    before = files(tmp_path / "out")
    largest = max(len(data) for data in before.values())
    smallest = min(len(data) for data in before.values())
    assert smallest < largest
    for room in (1000, (smallest + largest) // 2):  # for neither of the two, and for one only
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            with pytest.raises(OSError, match="could not write to .*: free some space or choose another folder; nothing was changed"):
                export(run, tmp_path / "out", overwrite=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert files(tmp_path / "out") == before


def test_an_empty_name_does_not_mean_the_present_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert "outputs: must be the name of a file or folder" in refusal(monkeypatch, "export", run, "")
    assert sorted(tmp_path.iterdir()) == before


def test_the_last_line_says_how_to_use_the_networks_there(run, tmp_path, monkeypatch, capsys):
    call(monkeypatch, "export", run, tmp_path / "out")
    *_, last = capsys.readouterr().out.strip().splitlines()
    assert "use them with --no_dropout and without --eval" in last
    state = torch.load(tmp_path / "out" / NAMES[1], weights_only=True)
    assert all(not value.any() for key, value in state.items() if key.endswith("running_mean"))  # what the line calls placeholders


def test_a_generator_without_skips_is_not_exported_and_nothing_is_written(tmp_path):
    settings = Settings(size=32, depth=3, width=4, steps=1, count=2, skips=False)
    list(loop.run(loop.resume(settings, tmp_path / "run"), settings, tmp_path / "run"))
    with pytest.raises(ValueError, match="no generator without skips"):
        export(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()
