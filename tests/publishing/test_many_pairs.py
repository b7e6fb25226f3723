import subprocess
import sys

from repository import ROOT


def test_a_step_that_reads_many_pairs_is_timed_beside_one_with_a_constant_batch(tmp_path):
    command = [sys.executable, ROOT / "publishing" / "many_pairs.py", tmp_path / "pairs", "--count", "40", "--repeats", "3"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0].startswith("40 pairs of 64 px, width 24, batch 4")
    assert [line[:24].strip() for line in said[1:]] == [
        "fast step",
        "files, 0 workers",
        "files, 1 workers",
        "shards, 0 workers",
        "shards, 1 workers",
    ]
    assert said[1].endswith(" ms    1.00")
    assert len(list((tmp_path / "pairs" / "files").iterdir())) == 40
    assert len(list((tmp_path / "pairs" / "shards").iterdir())) == 10
