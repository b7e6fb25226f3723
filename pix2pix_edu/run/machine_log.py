"""Which machine trained a run, and for how long; one entry per session."""

import json
import platform
import subprocess
import time
from pathlib import Path

import torch
import torch.distributed as dist

import pix2pix_edu
from pix2pix_edu.files import read_text

KINDS = {"from": int, "until": int, "seconds": (int, float)}
FILE = "sittings.json"  # this format, and "sittings" in a record, is older than the name session


class MachineLog:
    """The log of a run: its earlier sessions, and one that starts now."""

    def __init__(self, folder: Path, step: int, device: torch.device, arithmetic: str = "as written"):
        self.first, self.started = step, time.perf_counter()
        self.place = {"arithmetic": arithmetic, **describe(device)}  # read once: the code may be edited while it runs
        # A killed run may have logged steps that its checkpoint does not hold.
        self.earlier = [{**entry, "until": min(entry["until"], step)} for entry in read_log(folder) if entry["from"] < step]

    def as_json(self, step: int) -> str:
        """All sessions as JSON, the present one up to `step`."""
        now = {"from": self.first, "until": step, "seconds": round(time.perf_counter() - self.started, 2), **self.place}
        return json.dumps([*self.earlier, now], indent=1)


def read_log(folder: Path) -> list[dict]:
    """The sessions of a run so far."""
    file = folder / FILE
    if not file.exists():
        return []
    reason: object = "it is no log of sessions"
    try:
        sessions = json.loads(read_text(file))
        whole = all(isinstance(entry[name], kind) and 0 <= entry[name] < 2**62 for entry in sessions for name, kind in KINDS.items())
    except (OSError, ValueError, RecursionError) as error:
        whole, reason = False, error
    except (TypeError, KeyError):
        whole = False
    if not (whole and isinstance(sessions, list)):
        raise ValueError(f"{file} is damaged ({reason}): repeat the command of its training, which sets it aside")
    return sessions


def describe(device: torch.device) -> dict[str, object]:
    """What a time depends on: the machine, the versions, the code."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else f"{_processor()}, {torch.get_num_threads()} threads",
        "processes": dist.get_world_size() if dist.is_initialized() else 1,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "code": _code(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _code() -> str:
    """The commit of this library if it runs from its repository, else its version."""
    repository = Path(pix2pix_edu.__file__).parents[1]
    if not (repository / ".git").exists():
        return pix2pix_edu.__version__
    describe_commit = ["git", "-C", str(repository), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(describe_commit, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return pix2pix_edu.__version__
