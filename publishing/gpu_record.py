"""Make the record of a GPU: the tests that need one, the times of a step, a training on facades and its scores.

  python3 publishing/gpu_record.py --pairs FOLDER [--out FOLDER] [--seconds 570]

FOLDER has side-by-side pictures in train/ and val/. Needs no internet and no notebook packages. The parts run in the order of their
value, each as a process of its own with a limit of time, so a part that fails or hangs does not stop the next. Every result is
written at once. Repeat the command to go on: finished parts are not repeated, and the training continues from its checkpoint.
With --tiny everything is small, so that the script can be tried without a GPU.
"""

import argparse
import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "gpu_record"
LARGEST = 15 * 2**20  # bytes of a file in the results
GRACE = 25  # seconds for a part to save its state when its time is up
EXPORT = 60  # seconds for writing the networks of a training
PAPER = ["--size", "256", "--depth", "8", "--width", "64", "--patch", "70", "--batch-size", "1", "--steps", "80000"]
TINY = ["--size", "32", "--depth", "3", "--width", "4", "--patch", "16", "--batch-size", "1", "--steps", "300"]


class Record:
    """The results so far: a JSON file in the working folder, of which the results folder always has a copy."""

    def __init__(self, work: Path, out: Path):
        self.work, self.out = work, out
        for folder in (work, out):
            folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict:
        file = self.work / "record.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def note(self, part: str, **values: object) -> None:
        """Add values to a part and write the record, whole or not at all."""
        record = self.read()
        record.setdefault(part, {}).update(values)
        unfinished = self.work / "record.json.part"
        unfinished.write_text(json.dumps(record, indent=1))
        os.replace(unfinished, self.work / "record.json")
        self.keep(self.work / "record.json")

    def keep(self, file: Path) -> None:
        """Copy a file to the results, if it is not too large for them."""
        if file.exists() and file.stat().st_size <= LARGEST:
            shutil.copyfile(file, self.out / file.name)


def launch(command: list[str], seconds: float, log: Path, until: Callable[[], bool] = lambda: False) -> str:
    """Run a command for at most some seconds and return how it ended. When `until` becomes true, it is killed without a warning."""
    with open(log, "a") as file:
        group = {"process_group": 0, "preexec_fn": end_with_parent} if os.name == "posix" else {}
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, **group)
        deadline = time.monotonic() + max(1.0, seconds - GRACE)
        while process.poll() is None and time.monotonic() < deadline and not until():
            time.sleep(0.05)
        if process.poll() is None and until():
            end(process, "SIGKILL")
            return "killed"
        if process.poll() is None:
            end(process, "SIGTERM")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            end(process, "SIGKILL")
            return "out of time"
        return "done" if process.returncode == 0 else f"failed with exit code {process.returncode}"


def end_with_parent() -> None:
    """Have Linux kill this process when the script is killed: the next start of the script must find no training at work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def end(process: subprocess.Popen, name: str) -> None:
    """Send a signal to a process and to those that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, getattr(signal, name))
    else:
        process.kill()
    if name == "SIGKILL":
        process.wait()


def test(task: argparse.Namespace, seconds: float) -> str:
    """The tests that need a GPU. In a tiny run they are only collected."""
    log = task.work / "tests.txt"
    log.unlink(missing_ok=True)
    what = ["--collect-only"] if task.tiny else ["-W", "default", "--durations=15"]
    state = launch([sys.executable, "-m", "pytest", "tests/cuda", "-q", "-p", "no:cacheprovider", *what], seconds, log)
    task.record.keep(log)
    task.record.note("tests", last_line=(log.read_text().splitlines() or [""])[-1])
    return state


def child(name: str) -> Callable[[argparse.Namespace, float], str]:
    """A part that needs torch: this script again, with --part."""

    def run(task: argparse.Namespace, seconds: float) -> str:
        log, options = task.work / "log.txt", ["--work", str(task.work), "--out", str(task.out), *["--tiny"] * task.tiny]
        for option in ("pairs", "reference"):
            options += [f"--{option}", str(getattr(task, option))] if getattr(task, option) else []
        state = launch([sys.executable, __file__, "--part", name, *options], seconds, log)
        task.record.keep(log)
        return state

    return run


def train(task: argparse.Namespace, seconds: float) -> str:
    """Facades from the first step to the last, killed once after the first checkpoint and resumed."""
    folder, log, begun = task.work / "facades", task.work / "train.txt", time.monotonic()
    command = [sys.executable, "-m", "pix2pix_edu", "train", str(folder), "--fast", *(TINY if task.tiny else PAPER)]
    if task.pairs:
        command += ["--pairs", str(task.pairs), "--jitter", "--direction", "right_to_left"]
    state = "killed"
    if not (folder / "checkpoint.pt").exists():
        state = launch(command, seconds, log, until=(folder / "checkpoint.pt").exists)
        task.record.note("training", first_attempt=state)
    if state in ("killed", "done"):
        state = launch(command, seconds - (time.monotonic() - begun), log)
    sessions = folder / "sittings.json"
    if sessions.exists():
        task.record.note("training", command=shlex.join(command[1:]), sessions=json.loads(sessions.read_text()))
    pictures = sorted(folder.glob("??????.png"))
    pack(task, "facades.zip", [*folder.glob("*.csv"), *folder.glob("*.json"), *pictures[-1:], *pictures[: -1 : max(1, len(pictures) // 4)]])
    task.record.keep(log)
    return state


def flagship(task: argparse.Namespace, seconds: float) -> str:
    """Another training, with the options that --flagship names."""
    if not task.flagship:
        return "not asked for"
    folder, log = task.work / "flagship", task.work / "train.txt"
    state = launch([sys.executable, "-m", "pix2pix_edu", "train", str(folder), *shlex.split(task.flagship)], seconds - EXPORT, log)
    exported = [sys.executable, "-m", "pix2pix_edu", "export", str(folder), str(task.work / "flagship_networks")]
    launch(exported, EXPORT, log)
    networks = sorted((task.work / "flagship_networks").glob("*"))
    pack(task, "flagship.zip", [*folder.glob("*.csv"), *folder.glob("*.json"), *sorted(folder.glob("??????.png"))[-1:], *networks])
    task.record.keep(log)
    return state


def pack(task: argparse.Namespace, name: str, files: list[Path]) -> None:
    """Put files into one archive in the results, as many of them as fit."""
    archive, size = task.work / name, 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in dict.fromkeys(files):
            if size + file.stat().st_size < LARGEST:
                size += file.stat().st_size
                packed.write(file, file.name)
            else:
                print(f"{file.name} is left out: {name} would be too large")
    task.record.keep(archive)


# In the order of their value: what runs, the most seconds it may take, and how many are kept back for what comes after it.
PARTS = {
    "tests": (test, 170, 0),
    "steps": (child("steps"), 140, 0),
    "training": (train, 330, 60 + GRACE),
    "evaluation": (child("evaluation"), 100, 0),
    "checks": (child("checks"), 80, 0),
    "profile": (child("profile"), 60, 0),
    "compiled": (child("compiled"), 150, 0),
    "flagship": (flagship, 330, 0),
    "grid": (child("grid"), 600, 0),
}
LEAST = 8 + GRACE  # seconds with which a part is begun


@contextlib.contextmanager
def noted(task: argparse.Namespace, name: str) -> Iterator[dict]:
    """Note how a part ended, also when this script itself fails in it."""
    result, begun = {"state": "failed"}, time.monotonic()
    task.record.note(name, state="begun")
    try:
        yield result
    except Exception as error:
        result["error"] = repr(error)
    finally:
        task.record.note(name, **result, seconds=round(time.monotonic() - begun, 1))
        print(f"{name}: {result['state']} after {time.monotonic() - begun:.0f} s", flush=True)


def run_all(task: argparse.Namespace) -> None:
    """Run every part that is not done yet, as far as the time allows."""
    deadline = time.monotonic() + task.seconds
    for name, (run, most, reserve) in PARTS.items():
        if task.record.read().get(name, {}).get("state") == "done":
            continue
        left = deadline - time.monotonic() - reserve
        if left < LEAST:
            print(f"{name}: no time left", flush=True)
            continue
        with noted(task, name) as result:
            result["state"] = run(task, left if task.tiny else min(most, left))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="folder of side-by-side facades; without it the training draws its pairs")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or WORK / "results"), help="folder for the results")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for the training and for what is needed to go on")
    parser.add_argument("--seconds", type=float, default=570, help="time for all parts together")
    parser.add_argument("--reference", type=Path, help="folder with the reference implementation's code, to be timed as well")
    parser.add_argument("--flagship", default="", help="options of another training, as one text")
    parser.add_argument("--tiny", action="store_true", help="small networks and few steps")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    task = parser.parse_args()
    for name in ("out", "work", "pairs", "reference"):
        setattr(task, name, path.resolve() if (path := getattr(task, name)) else None)
    task.record = Record(task.work, task.out)
    return task


if __name__ == "__main__":
    task = read_arguments()
    if task.part:
        sys.path[:0] = [str(ROOT)]
        from gpu_measurements import MEASUREMENTS

        MEASUREMENTS[task.part](task)
    else:
        run_all(task)
