"""The answers of a game as a small file, and the files of a whole class put together."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from pix2pix_edu.classroom.real_or_fake.votes import SIDES, Game, Trial, Vote
from pix2pix_edu.files import write_text

KIND = "pix2pix-edu: real or fake"
LARGEST_FILE = 100_000  # bytes; a game takes some 3,000
LONGEST_NICKNAME = 30


class ClassVotes(NamedTuple):
    """The games of a class, and a sentence for each file that does not count."""

    games: list[Game]
    remarks: list[str]


def save_game(game: Game, folder: Path) -> Path:
    """Write a game as a file of its own into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    votes = [{**trial._asdict(), "said": said} for trial, said in game.votes]
    kept = {"kind": KIND, **{field.name: getattr(game, field.name) for field in fields(Game)}, "votes": votes}
    path = folder / f"real_or_fake_{game.name}.json"
    write_text(path, json.dumps(kept, indent=1) + "\n")
    return path


def read_game(path: Path) -> Game:
    """A game that save_game wrote; every field is checked, for these files come from many hands."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is too large")
        kept = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(kept, dict) or kept.get("kind") != KIND:
            raise ValueError("it is something else")
        if not kept["votes"]:
            raise ValueError("nothing was answered")
        return Game(
            name=_matching(r"[0-9a-f]{16}", kept["name"]),
            seed=_number(kept["seed"], 2**63),
            seconds=_number(kept["seconds"], 60),
            patch=None if kept["patch"] is None else _number(kept["patch"], 2**15),
            nickname=_matching(rf"[^\x00-\x1f]{{0,{LONGEST_NICKNAME}}}", kept["nickname"]),
            votes=tuple(_read_vote(vote) for vote in kept["votes"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]
        raise ValueError(f"{path.name} does not count, it holds no whole game ({reason}): ask for the file again") from None


def _read_vote(vote: dict) -> Vote:
    model = _matching(r"[A-Za-z0-9_+. -]{1,40}", vote["model"])  # it will stand in a figure, which reads $ and \ as commands
    fake, said = (_matching("|".join(SIDES), vote[name]) for name in ("fake", "said"))
    place = (_number(vote[name], 1) for name in ("down", "across"))
    return Vote(Trial(model, _number(vote["run"], 2**31), _number(vote["building"], 2**31), fake, *place), said)


def _matching(pattern: str, value: object) -> str:
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return value
    raise ValueError(f"{str(value)[:40]!r} cannot be")


def _number(value: object, largest: float) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= largest:
        return value
    raise ValueError(f"{str(value)[:40]!r} cannot be")


def read_class(folder: Path) -> ClassVotes:
    """Every game in a folder, each counted once; what else lies there is named and left out."""
    if not folder.is_dir():
        raise ValueError(f"{folder.resolve()} is no folder yet: save your answers, or put those of the class there")
    games: dict[str, tuple[Path, Game]] = {}
    remarks = []
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):  # systems leave hidden files of their own
        try:
            game = read_game(path)
        except ValueError as error:
            remarks.append(f"{error}.")
            continue
        first, counted = games.setdefault(game.name, (path, game))
        if first != path:
            differs = "" if game == counted else ", though its contents differ"
            remarks.append(f"{path.name} is the same game as {first.name}{differs}: it counts once.")
    if not games:
        others = f" (of what lies there, {len(remarks)} files hold no whole game)" if remarks else ""
        raise ValueError(f"{folder.resolve()} holds no game{others}: put the files real_or_fake_*.json of the class there")
    return ClassVotes([game for _, game in games.values()], remarks)
