"""A blind test of a bundled network: python publishing/blind_test.py sheet FOLDER, and later: score FOLDER ANSWERS...

`sheet` writes sheet.png: 24 houses in random order, numbered, half of them drawn photographs and half translations of other label maps.
Show it to people who have not seen these houses, with the question which twelve are translations. ANSWERS are their lists, one argument
each, such as 1,4,5. `score` writes record.json. Twelve of 24 named by chance are right in six cases on average.
"""

import json
import random
import sys
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import write_text
from pix2pix_edu.images import to_image
from pix2pix_edu.run.evaluation import translate_each
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained

NETWORK, SEED, COUNT, COLUMNS = "houses_128", 4242, 24, 6
SCALE, ABOVE = 2, 36  # pixels of the sheet for one of the picture, and for the number above it


def translated() -> list[int]:
    """The numbers of the pictures that are translations, from 1."""
    return sorted(random.Random(SEED).sample(range(1, COUNT + 1), COUNT // 2))


def sheet() -> Image.Image:
    torch.manual_seed(0)
    xs, photographs = stack_pairs(SyntheticPairs(COUNT, 128, SEED))
    fakes, chosen = translate_each(load_pretrained(NETWORK)[0], xs), translated()
    side = 128 * SCALE
    whole = Image.new("RGB", (COLUMNS * (side + 8), COUNT // COLUMNS * (side + ABOVE)), "white")
    for place in range(COUNT):
        left, top = place % COLUMNS * (side + 8), place // COLUMNS * (side + ABOVE)
        ImageDraw.Draw(whole).text((left + 4, top + 4), str(place + 1), "black", ImageFont.load_default(24))
        picture = to_image((fakes if place + 1 in chosen else photographs)[place])
        whole.paste(picture.resize((side, side), Image.Resampling.NEAREST), (left, top + ABOVE))
    return whole


def score(answers: list[list[int]]) -> dict[str, object]:
    """How many of the twelve translations each answer found."""
    for answer in answers:
        if len(set(answer)) != COUNT // 2 or not set(answer) <= set(range(1, COUNT + 1)):
            raise ValueError(f"an answer names {COUNT // 2} different pictures of 1 to {COUNT}, got {answer}")
    chosen = set(translated())
    found = [len(chosen & set(answer)) for answer in answers]
    return {"network": NETWORK, "seed": SEED, "translations": sorted(chosen), "answers": answers, "found": found, "by_chance": COUNT // 4}


if __name__ == "__main__":
    what, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if what == "sheet":
        sheet().save(folder / "sheet.png")
    else:
        answers = [[int(number) for number in answer.split(",")] for answer in sys.argv[3:]]
        write_text(folder / "record.json", json.dumps({**describe(torch.device("cpu")), **score(answers)}, indent=1))
