"""Save the answers of a game in a small file, and read the files of a whole class."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from pix2pix_edu.classroom.json_files import read_json
from pix2pix_edu.classroom.real_or_fake.votes import SIDES, Game, Trial, Vote
from pix2pix_edu.files import printable, write_text

KIND = "pix2pix-edu: real or fake"
LONGEST_NICKNAME = 30


class ClassVotes(NamedTuple):
    """The games of a class, and a sentence about each file that does not count."""

    games: list[Game]
    remarks: list[str]


def save_game(game: Game, folder: Path) -> Path:
    """Write a game to its own file in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    votes = [{**trial._asdict(), "said": said} for trial, said in game.votes]
    kept = {"kind": KIND, **{field.name: getattr(game, field.name) for field in fields(Game)}, "votes": votes}
    path = folder / f"real_or_fake_{game.name}.json"
    write_text(path, json.dumps(kept, indent=1) + "\n")
    return path


def read_game(path: Path) -> Game:
    """Read a game that save_game wrote. Every field is checked, because the files come from many people."""
    try:
        kept = read_json(path)
        if not isinstance(kept, dict) or kept.get("kind") != KIND:
            raise ValueError("it is another kind of file")
        if not kept["votes"]:
            raise ValueError("it has no answers")
        return Game(
            name=_matching(r"[0-9a-f]{16}", kept["name"]),
            seed=_number(kept["seed"], 2**63),
            seconds=_number(kept["seconds"], 60),
            patch=None if kept["patch"] is None else _number(kept["patch"], 2**15),
            nickname=_matching(rf".{{0,{LONGEST_NICKNAME}}}", kept["nickname"]),
            votes=tuple(_read_vote(vote) for vote in kept["votes"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        name, reason = printable(path.name), f"it lacks {error}" if isinstance(error, KeyError) else error
        raise ValueError(f"{name} does not count because it is not a complete game ({reason}): ask for the file again") from None


def _read_vote(vote: dict) -> Vote:
    model = _matching(r"[A-Za-z0-9_+. -]{1,40}", vote["model"])  # matplotlib would read $ and \ in a label as commands
    fake, said = (_matching("|".join(SIDES), vote[name]) for name in ("fake", "said"))
    place = (_number(vote[name], 1) for name in ("down", "across"))
    return Vote(Trial(model, _number(vote["run"], 2**31), _number(vote["building"], 2**31), fake, *place), said)


def _matching(pattern: str, value: object) -> str:
    if isinstance(value, str) and value.isprintable() and re.fullmatch(pattern, value):
        return value
    raise ValueError(f"{str(value)[:40]!r} is not allowed")


def _number(value: object, largest: float) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= largest:
        return value
    raise ValueError(f"{str(value)[:40]!r} is not allowed")


def read_class(folder: Path) -> ClassVotes:
    """Read every game in a folder, each only once; other files are named in the remarks."""
    if not folder.is_dir():
        raise ValueError(f"{folder.resolve()} is not a folder yet: save your answers, or put the files of the class there")
    games: dict[str, tuple[Path, Game]] = {}
    remarks = []
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):  # skip the hidden files of operating systems
        try:
            game = read_game(path)
        except ValueError as error:
            remarks.append(f"{error}.")
            continue
        first, counted = games.setdefault(game.name, (path, game))
        if first != path:
            differs = "" if game == counted else ", though its contents differ"
            remarks.append(f"{printable(path.name)} is the same game as {printable(first.name)}{differs}: it counts once.")
    if not games:
        others = f" ({len(remarks)} files in it are not complete games)" if remarks else ""
        raise ValueError(f"{folder.resolve()} contains no game{others}: put the files real_or_fake_*.json of the class there")
    return ClassVotes([game for _, game in games.values()], remarks)
