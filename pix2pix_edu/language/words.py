"""What the library says, in the reader's language: English as it stands in the code, or as a catalogue here has it.

A catalogue is a folder of JSON files, {"{} of {} houses": "{1} 座房子中的 {0} 座"}: {} stands for what the code inserts.
"""

import json
import locale
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

CATALOGUES = files("pix2pix_edu.language")
LANGUAGES = {"en": "English", "zh": "中文"}
LETTERS = 5  # that a text must have at least, besides what is inserted, to be recognised
PLACE = re.compile(r"\{(\d*)\}")


def language() -> str:
    """The reader's language: PIX2PIX_LANGUAGE; else that of the notebook, if it is in a folder of a language; else that of the system."""
    folder = Path(os.environ.get("JPY_SESSION_NAME", "")).parent.name  # JupyterLab tells a kernel which notebook it works for
    wanted = os.environ.get("PIX2PIX_LANGUAGE") or (folder if folder in LANGUAGES else locale.getlocale()[0]) or ""
    code = "zh" if wanted.lower().startswith("chinese") else wanted[:2].lower()  # Windows spells the name out: "Chinese (Simplified)_China"
    return code if code in LANGUAGES else "en"


def say(text: str, to: str | None = None) -> str:
    """The text in a language, by default the reader's. What the catalogue lacks stays English."""
    to = to or language()
    if to == "en" or not text.strip():
        return text
    texts = catalogue(to)
    if text in texts:
        return texts[text]
    for pattern, template in _patterns(to):
        if found := pattern.fullmatch(text):
            return _filled(template, [say(value, to) for value in found.groups()])
    return text


@cache
def catalogue(to: str, *parts: str) -> dict[str, str]:
    """The texts that a language has, by the English ones: those of some parts ("play" for the figures in JavaScript), or all."""
    if to == "en":
        return {}
    names = [f"{part}.json" for part in parts] or sorted(file.name for file in (CATALOGUES / to).iterdir())
    return {english: text for name in names for english, text in json.loads((CATALOGUES / to / name).read_text("utf-8")).items()}


@cache
def _patterns(to: str) -> list[tuple[re.Pattern, str]]:
    """Those texts into which the code inserts something, the most specific ones first; "{}: {}" would fit anything."""
    templates = [(english, text) for english, text in catalogue(to).items() if len(re.findall("[A-Za-z]", english)) >= LETTERS]
    templates = [(english, text) for english, text in templates if PLACE.search(english)]
    templates.sort(key=lambda each: len(PLACE.sub("", each[0])), reverse=True)
    return [(re.compile("(.+?)".join(map(re.escape, re.split(r"\{\d*\}", english))), re.DOTALL), text) for english, text in templates]


def _filled(template: str, values: list[str]) -> str:
    numbers = iter(range(len(values)))
    return PLACE.sub(lambda place: values[int(place[1]) if place[1] else next(numbers)], template)
