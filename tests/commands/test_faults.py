"""Wrong words on the command line: each gets one sentence at once, no traceback, and nothing is written."""

import pytest
from command_line import refusal

from pix2pix_edu import __main__

pytestmark = pytest.mark.fault

TRAIN, TINY = ["train", "runs/x"], ["--size", "32", "--depth", "3", "--width", "4", "--steps", "2"]
WRONG_SETTINGS = {
    "--width": ["1e9", "100000000000000000000", "0", "-1", "nan", "", "12345"],
    "--batch-size": ["0", "-4", "1000000000", "2.5"],
    "--depth": ["0", "1000000", "-1", "6"],
    "--size": ["0", "-32", "1000000000", "33", "nan"],
    "--steps": ["0", "-1", "1e30", "inf"],
    "--count": ["0", "-1", "100000000000"],
    "--seed": ["-1", "100000000000000000000", "1.5"],
    "--lr": ["-1", "nan", "inf", "x", "1e9"],
    "--discriminator-lr": ["-1", "nan"],
    "--l1-weight": ["-1", "nan", "inf"],
    "--patch": ["71", "0", "286"],
    "--loss": ["L3", ""],
    "--drawn": ["houses"],
    "--pairs": ["", "nowhere", "."],
    "--y-folder": ["photos"],
    "--direction": ["up"],
    "--x-channels": ["0", "-1", "1"],
    "--workers": ["-1", "1000"],
}
OTHERS = [
    ["train", ""],
    ["bench", "--size", "1000000000"],
    ["bench", "--size", "33"],
    ["bench", "--width", "-1"],
    ["bench", "--batch-size", "1000000000000"],
    ["bench", "--repeats", "0"],
    ["bench", "--reference", "nowhere"],
    ["bench", "--pairs", "nowhere"],
    ["compare", "--width", "-1"],
    ["compare", "--size", "0"],
    ["compare", "--only", "nobody"],
    ["compare", "--train", "trials", "--l1-weight", "nan"],
    ["compare", "--train", "trials", "--steps", "0"],
    ["compare", "--train", ""],
    ["experiments", "cells", "--cells", "L9"],
    ["experiments", "cells", "--seeds", "-1"],
    ["experiments", "cells", "--seeds", "500"],
    ["experiments", "cells", "--cells", "L1", "--seeds", "7", "--compare"],
    ["experiments", ""],
    ["pair", "edges", "nowhere", "pairs"],
    ["pair", "edges", ".", "pairs", "--size", "1000000"],
    ["pair", "edges", ".", "pairs", "--sigma", "inf"],
    ["pair", "edges", ".", "pairs", "--val-every", "-1"],
    ["pair", "blur", ".", "pairs"],
    ["translate", "nowhere", ".", "out"],
    ["translate", "", ".", "out"],
    ["translate", ".", ".", "out"],
    ["translate", ".", ".", ""],
    ["evaluate", "nowhere"],
    ["evaluate", ".", "--count", "1"],
    ["evaluate", ".", "--record", ""],
    ["export", ".", "out"],
    ["export", ".", ""],
    ["fetch", "nothing"],
    ["fetch", "facades", "--source", "nowhere"],
    ["fetch", "facades", "--root", ""],
    ["page", ""],
    ["page", "page", "--network", "nobody"],
    ["dance"],
]
CALLS = [[*TRAIN, *TINY, option, value] for option, values in WRONG_SETTINGS.items() for value in values] + OTHERS


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_wrong_words_get_one_sentence_and_nothing_is_written(monkeypatch, tmp_path, capsys, words):
    monkeypatch.chdir(tmp_path)
    message = refusal(monkeypatch, *words)
    assert "unforeseen" not in message
    assert 20 < len(message) < 600
    assert "\n" not in message.strip()
    assert capsys.readouterr().out == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]


@pytest.mark.parametrize(("size", "words"), [("33", "change the size"), ("36", "change the size, or choose a depth of 2 or less")])
def test_no_depth_of_0_is_proposed(monkeypatch, tmp_path, size, words):
    assert refusal(monkeypatch, "train", tmp_path / "run", *TINY, "--size", size).endswith(f"got {size}: {words}")


def test_an_unforeseen_error_is_one_sentence_and_debug_shows_where_it_arose(monkeypatch):
    def fail(_: object) -> None:
        raise RuntimeError("size mismatch\nin line 7")

    monkeypatch.setattr("pix2pix_edu.commands.first.run", fail)
    message = refusal(monkeypatch, "first")
    assert message.startswith("first: an unforeseen error, RuntimeError: size mismatch in line 7 (repeat the command with --debug")
    monkeypatch.setattr("sys.argv", ["pix2pix_edu", "first", "--debug"])
    with pytest.raises(RuntimeError, match="size mismatch"):
        __main__.main()
