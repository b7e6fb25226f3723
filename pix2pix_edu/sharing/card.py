"""A model card, written from the record of a run: what was trained, on what, with which scores, and what it cannot do."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from pix2pix_edu.files import refuse_special, refuse_unwritable, write_text
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.networks import refuse_other_settings
from pix2pix_edu.run.record import command, make_record, read_record
from pix2pix_edu.run.samples import task
from pix2pix_edu.run.settings import Settings, read_settings
from pix2pix_edu.sharing.onnx_file import usage

RECORD = "record.json"  # in the folder of a run, where evaluate may have put it
SCORES = {
    "l1": "L1 (0 to 2, lower is better)",
    "psnr": "PSNR in dB",
    "ssim": "SSIM",
    "sharpness": "power of fine detail, relative to the targets",
    "blotchiness": "blotches on walls, relative to the targets",
    "reading.fakes.per_pixel": "read right by a network, per pixel",
    "reading.fakes.per_class": "read right by a network, per class",
    "reading.fakes.iou": "read by a network, IoU",
    "distances.fakes.fid": "FID, on features of a network of this library",
    "distances.fakes.perceptual": "perceptual distance, on the same features",
    "inception.fid": "FID, on features of Inception",
    "inception.kid": "KID, on features of Inception",
    "inception.perceptual": "perceptual distance, on features of Inception",
}


def write_card(run: Path, file: Path, record: Path | None = None, overwrite: bool = False) -> None:
    """Write the card of a run to a Markdown file."""
    if file.is_dir():
        raise ValueError(f"{file} is a folder: name a file for the card, such as {file / 'README.md'}")
    if file.suffix.lower() != ".md":
        raise ValueError(f"{file} does not end in .md: name a Markdown file for the card, such as {file.with_suffix('.md')}")
    refuse_special(file)
    if os.path.lexists(file) and not overwrite:
        raise ValueError(f"{file} exists already: name another file, or add --overwrite to replace it")
    text = make_card(run, record=record)
    refuse_unwritable(file.parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, text)


def make_card(run: Path, repository: str = "", record: Path | None = None) -> str:
    """The card as Markdown with the head that a hub reads. `repository` is owner/name; `record` a file that evaluate wrote."""
    settings, (_, trained_with) = read_settings(run), checkpoint.read_header(run)
    refuse_other_settings(run, settings, trained_with)
    about = make_record(run, {})
    about["scores"] = _read_scores(run, about, record)
    data = trained_with.get("data", {})
    pairs = None if data.get("changed") else data.get("pairs")
    repository = repository or f"OWNER/{run.resolve().name}"
    licence, hint = _licence(settings)
    sections = {
        f"# {repository.split('/')[-1]}": _what(settings),
        "## Use": _use(repository, settings),
        "## Training": _table("setting", "value", _training(settings, about, pairs)),
        "## Scores": _scores(about["scores"]),
        "## Limits": "\n".join(f"- {limit}" for limit in _limits(settings, pairs)),
        "## Licence": hint,
    }
    head = ["license: " + licence, "library_name: pix2pix-edu", "pipeline_tag: image-to-image", "tags:", "- pix2pix", "- onnx"]
    return "\n".join(["---", *head, "---", "", *(f"{title}\n\n{text}\n" for title, text in sections.items())])


def _read_scores(run: Path, about: Mapping[str, object], file: Path | None) -> Mapping[str, object]:
    """The scores in a record that evaluate wrote of this very run; without a file, those in the run's folder, if they are there."""
    if file is None and not (run / RECORD).exists():
        return {}
    record = read_record(file or run / RECORD)
    # A record that was written before a setting existed is of a run with its default. Runs on other pairs differ in their losses only.
    record["settings"] = asdict(Settings()) | record["settings"]
    if any(record[name] != about[name] for name in ("settings", "step", "curve")):
        raise ValueError(f"{file or run / RECORD} is the record of another run or of earlier steps: run evaluate --record once more")
    scores = record["scores"]
    # A cell of the paper's tables has its scores by step, on other pairs than evaluate uses.
    return scores if isinstance(scores, dict) and "pairs" in scores else {}


def _what(settings: Settings) -> str:
    of = task(settings) or "from pictures x to pictures y, learnt from pairs of its owner"
    paper = "[pix2pix](https://arxiv.org/abs/1611.07004) (Isola et al., 2017)"
    channels = f"x has {settings.x_channels} channels, y has {settings.y_channels}; pictures of {settings.size} x {settings.size} pixels."
    return f"A generator (U-Net) and its discriminator (PatchGAN), trained with {paper}: {of}.\n\n{channels}"


def _use(repository: str, settings: Settings) -> str:
    name = repository.split("/")[-1]
    return (
        f"With the library pix2pix-edu, a folder of pictures (`hf` is a command of huggingface_hub):\n\n```sh\n"
        f"hf download {repository} --local-dir {name}\npython -m pix2pix_edu translate {name} INPUTS OUTPUTS\n```\n\n"
        "Its files of weights are in half precision: a pixel may differ by a grey level from the pictures that were scored.\n\n"
        f"Without it, with any ONNX runtime: `{name}.onnx`. {usage(settings)}"
    )


def _training(settings: Settings, about: Mapping, pairs: int | None) -> dict[str, object]:
    """The rows of the table. Paths of the machine are left out, for a card is public."""
    public = replace(settings, pairs="PAIRS" if settings.pairs else "", y_folder="Y_FOLDER" if settings.y_folder else "")
    sessions = about["sittings"]

    logged = sum(session["until"] - session["from"] for session in sessions)
    of_steps = "" if logged >= about["step"] else f" (of {logged:,} steps: the log of the others is lost)"

    def of_all(name: str) -> str:
        return ", then ".join(dict.fromkeys(str(session.get(name, "not recorded")) for session in sessions))

    return {
        "command": f"`{command(public)}`",
        "steps": f"{about['step']:,} of {settings.steps:,}, {settings.batch_size} pairs in each",
        "pairs": f"{pairs:,}" if pairs else "not recorded",
        "loss": f"{settings.loss}" + (f", lambda {settings.l1_weight:g}" if "L1" in settings.loss else ""),
        "generator": f"depth {settings.depth}, width {settings.width}, {'with' if settings.skips else 'without'} skips",
        "discriminator": f"patch {settings.patch}",
        "learning rates of G and D": f"{settings.lr:g}, {settings.discriminator_lr:g}",
        "seed": settings.seed,
        "device": of_all("device"),
        "arithmetic": of_all("arithmetic"),
        "seconds": f"{about['seconds']:,.0f}{of_steps}",
        "code": of_all("code"),
        "torch": of_all("torch"),
    }


def _scores(scores: Mapping) -> str:
    if not scores:
        return "Not measured yet: `python -m pix2pix_edu evaluate RUN --record RUN/record.json`, then write the card again."
    rows = {words: f"{value:.3f}" for name, words in SCORES.items() if (value := _find(scores, name)) is not None}
    copies = scores.get("copies")
    seen = "maybe on some of them" if copies is None else f"on {copies} of them" if copies else "on none of them"
    pairs = f"On {scores['pairs']} pairs; the network was trained {seen}."
    return f"{pairs}\n\n{_table('score', 'value', rows)}"


def _find(scores: Mapping, name: str) -> float | None:
    for part in name.split("."):
        scores = scores.get(part) if isinstance(scores, Mapping) else None
    return scores if isinstance(scores, (int, float)) else None


def _limits(settings: Settings, pairs: int | None) -> Iterator[str]:
    if settings.pairs or settings.photographs:
        yield f"It has seen {f'{pairs:,} pairs' if pairs else 'its pairs'} and nothing else: expect little of other pictures."
    else:
        yield "It has seen drawn pictures only: it does not translate real photographs or real label maps."
    yield (
        f"It was trained on {settings.size} x {settings.size} pixels. Other sizes are translated too, but nobody has measured how well; "
        "large pictures need `--tile`."
    )
    yield "Its norms take their statistics from the picture at hand: part of a picture alone is translated differently than in the whole."
    yield "It invents detail that x does not contain. Do not take its pictures for photographs of something that exists."


def _licence(settings: Settings) -> tuple[str, str]:
    """The licence in the words of a hub, and a hint for people."""
    if settings.photographs:
        bundled = BUNDLED[settings.photographs]
        return bundled.licence, f"{bundled.licence.upper()}. The pictures that it was trained on are the work of others: {bundled.credit()}"
    if not settings.pairs:
        return "cc0-1.0", "CC0-1.0: the pairs were drawn by the library, whose drawings are free for any use."
    return "other", (
        "Not chosen yet. It depends on the pictures that the network was trained on: may you publish what is made from them? Then write "
        "the licence here and in the first lines of this file."
    )


def _table(left: str, right: str, rows: Mapping[str, object]) -> str:
    return "\n".join([f"| {left} | {right} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
