"""The record of a run in one JSON file: its command, settings, machines, times, losses and scores."""

import hashlib
import json
import math
import shlex
from dataclasses import asdict, fields
from pathlib import Path

from pix2pix_edu.files import read_text, write_text
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.machine_log import FILE, read_log
from pix2pix_edu.run.saving import LOSSES, are_of_run, read_losses
from pix2pix_edu.run.settings import Settings, read_settings
from pix2pix_edu.training import Losses

CURVE_POINTS = 200  # as many as a figure can show
WITHOUT_EFFECT = (  # the first has none with the second
    ("drawn", "photographs"),
    ("count", "photographs"),
    ("drawn", "pairs"),
    ("count", "pairs"),
    ("direction", "y_folder"),
)


def command(settings: Settings) -> str:
    """The command line that starts this run; options that have their default values or no effect are left out."""
    words = ["python -m pix2pix_edu train FOLDER"]
    for field in fields(Settings):
        value, option = getattr(settings, field.name), field.name.replace("_", "-")
        if isinstance(value, bool) and value != field.default:
            words.append(f"--{option}" if value else f"--no-{option}")
        elif value != field.default and not _without_effect(settings, field.name):
            words.append(f"--{option} {shlex.quote(str(value))}")
    return " ".join(words)


def _without_effect(settings: Settings, name: str) -> bool:
    if name == "l1_weight":
        return "L1" not in settings.loss
    return name == "direction" and not settings.pairs or any(getattr(settings, other) for one, other in WITHOUT_EFFECT if one == name)


def curve(folder: Path, until: float = math.inf) -> dict[str, list[float]]:
    """The losses of a run until a step, averaged over equal stretches of steps; the step is the last of its stretch."""
    rows = [[float(value) for value in row] for row in read_losses(folder) if int(row[0]) <= until]
    if not rows:
        raise ValueError(f"{folder / LOSSES} holds no losses: without them there is no record of the run")
    stretch = -(-len(rows) // CURVE_POINTS)
    parts = [rows[start : start + stretch] for start in range(0, len(rows), stretch)]
    means = [[int(part[-1][0]), *(round(sum(column) / len(part), 4) for column in list(zip(*part, strict=True))[1:])] for part in parts]
    return dict(zip(("step", *Losses._fields), map(list, zip(*means, strict=True)), strict=True))


def make_record(folder: Path, scores: dict[str, object]) -> dict[str, object]:
    settings, sessions = read_settings(folder), read_log(folder)
    if not sessions:
        raise ValueError(f"{folder} has no {FILE}, with machines and times: put it back, or repeat the command of its training")
    step = checkpoint.read_header(folder)[0]
    if not step:
        raise ValueError(f"{folder} has no checkpoint of a training: put it back, or repeat the command of its training")
    if any(session["until"] > settings.steps for session in sessions):
        raise ValueError(f"{folder / FILE} names steps after {settings.steps}, the last one of this run: put back the log of its training")
    rows = read_losses(folder)
    if rows and int(rows[-1][0]) > settings.steps:
        raise ValueError(f"{folder / LOSSES} holds losses of steps after {settings.steps}, the last one: remove these lines")
    if not are_of_run(rows, folder):
        raise ValueError(f"{folder / LOSSES} holds other losses than this run had at its last checkpoint: put back those of its training")
    sessions = [{**session, "until": min(session["until"], step)} for session in sessions if session["from"] < step]
    return {  # a killed run may have logged steps that its checkpoint does not hold
        "command": command(settings),
        "step": step,
        "settings": asdict(settings),
        "seconds": round(sum(session["seconds"] for session in sessions), 1),
        "sittings": sessions,
        "curve": curve(folder, until=step),
        "scores": scores,
    }


def write_record(record: dict[str, object], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({**record, "sha256": _checksum(record)}, indent=1, allow_nan=False) + "\n")


def _checksum(record: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise ValueError(f"{number} is no number")
    return float(number)


def read_record(path: Path) -> dict[str, object]:
    try:
        record = json.loads(read_text(path), parse_float=_finite, parse_constant=_finite)
        if not (isinstance(record["settings"], dict) and isinstance(record["scores"], dict)):
            raise TypeError("settings and scores are objects")
        read = {name: record[name] for name in ("command", "step", "settings", "seconds", "sittings", "curve", "scores")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not the record of a run: use a file that `evaluate --record` wrote") from error
    if record.get("sha256", _checksum(read)) != _checksum(read):  # older records have no checksum
        raise ValueError(f"{path} was changed after it was written: write it again with `evaluate --record`")
    return read
