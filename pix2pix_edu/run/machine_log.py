"""On which machine a run was trained, and for how long: one entry for each time that it was taken up."""

import json
import platform
import subprocess
import time
from pathlib import Path

import torch
import torch.distributed as dist

import pix2pix_edu

FILE = "sittings.json"


class MachineLog:
    """The sitting that begins now, after those that the folder remembers."""

    def __init__(self, folder: Path, step: int, device: torch.device, arithmetic: str = "as written"):
        self.first, self.started = step, time.perf_counter()
        self.place = {"arithmetic": arithmetic, **describe(device)}  # once, for what runs is what was loaded now
        # A run killed between two files may have noted a sitting whose last steps its checkpoint does not hold.
        self.earlier = [{**sitting, "until": min(sitting["until"], step)} for sitting in read_log(folder) if sitting["from"] < step]

    def until(self, step: int) -> str:
        """All sittings as JSON, the last up to `step`."""
        now = {"from": self.first, "until": step, "seconds": round(time.perf_counter() - self.started, 2), **self.place}
        return json.dumps([*self.earlier, now], indent=1)


def read_log(folder: Path) -> list[dict]:
    """The sittings of a run so far."""
    file = folder / FILE
    try:
        return json.loads(file.read_text()) if file.exists() else []
    except ValueError as error:
        raise ValueError(
            f"{file} is damaged: remove it to go on; the run keeps everything but the times of its earlier sittings"
        ) from error


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
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _code() -> str:
    """The commit of this library where it lies in its repository, else its version."""
    folder = Path(__file__).parents[1]
    if not (folder / ".git").exists():
        return pix2pix_edu.__version__
    asked = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return pix2pix_edu.__version__
