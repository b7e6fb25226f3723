"""The command line: python -m pix2pix_edu fetch | pair | train | translate | evaluate | export | bench | compare | experiments."""

import argparse
import shlex
import sys
from dataclasses import fields
from pathlib import Path

import torch
from tqdm import tqdm

from pix2pix_edu import bench, evaluation, pairing, parallel, records, runs, translation
from pix2pix_edu.acceleration import fastest
from pix2pix_edu.commands import experiments
from pix2pix_edu.datasets import DIRECTIONS, ROOT, fetch
from pix2pix_edu.discriminator import PATCHES
from pix2pix_edu.fetching import catalogue
from pix2pix_edu.images import list_images
from pix2pix_edu.objective import PAPER_LOSSES
from pix2pix_edu.published import command as published


def build_parser() -> argparse.ArgumentParser:
    """What can be asked for, in words that a student understands."""
    parser = argparse.ArgumentParser(
        prog="python -m pix2pix_edu", description="Train a pix2pix, translate pictures with it, judge it, or time it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add_fetch(commands.add_parser("fetch", help="get one of the paper's data sets, or list them"))
    pairing.add_options(commands.add_parser("pair", help="make pairs out of a folder of photographs"))
    add_train(
        commands.add_parser(
            "train",
            help="train a generator and a discriminator on pairs",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            description=TRAIN,
        )
    )
    add_translate(commands.add_parser("translate", help="turn a folder of pictures into their translations"))
    add_evaluate(commands.add_parser("evaluate", help="measure a run on pairs that it has never seen"))
    add_export(commands.add_parser("export", help="write a run's networks as files that the reference implementation reads"))
    add_bench(commands.add_parser("bench", help="time one step and one translation on this machine"))
    published.add_options(commands.add_parser("compare", help="hold five published systems side by side, or train them all"))
    experiments.add_options(commands.add_parser("experiments", help="train cells of the paper's tables, each with several seeds"))
    return parser


TRAIN = """\
Train on pairs (x, y). Everything goes into one folder: the settings, a checkpoint, the losses as a table, and sample pictures.
A run that was stopped goes on when you repeat its command.

  python -m pix2pix_edu train runs/first                                                the drawn facades that come along
  python -m pix2pix_edu train runs/maps --pairs maps --size 256                         a folder of side-by-side images
  python -m pix2pix_edu train runs/mine --pairs sketches --y-folder photos --size 128   two folders with the same file names
  torchrun --nproc-per-node=2 -m pix2pix_edu train runs/maps --batch-size 2 ...         on two GPUs (docs/many_gpus.md)
"""


def add_fetch(parser: argparse.ArgumentParser) -> None:
    """Which set is fetched, from where to where."""
    parser.description = (
        "A set is taken from --source; else from the root or the folder that the environment variable PIX2PIX_EDU_DATA names, where one "
        "of them holds NAME or NAME.tar.gz; else it is downloaded, from the address in PIX2PIX_EDU_MIRROR or from the paper's host."
    )
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(catalogue.DATA_SETS)}; without it, they are listed")
    parser.add_argument("--root", type=Path, default=ROOT, help=f"folder in which the set's own folder is made (default: {ROOT})")
    parser.add_argument("--source", type=Path, help="a folder or a .tar.gz archive of the set that you have: nothing is downloaded")


def add_train(parser: argparse.ArgumentParser) -> None:
    """The options of a training run, with the defaults of runs.Settings."""

    def option(name: str, help: str, **settings: object) -> None:
        default = getattr(runs.Settings(), name)
        shown = "" if default == "" else f" (default: {default})"
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=help + shown, **settings)

    parser.add_argument("folder", type=Path, help="where the run is kept")
    option("pairs", "folder of side-by-side images; without it, the pairs are drawn")
    option("y_folder", "folder of targets, where --pairs holds the inputs alone")
    option("drawn", "what is drawn where no folder is named", choices=list(runs.DRAWN))
    option("direction", "which half of a side-by-side image is the input x", choices=DIRECTIONS)
    option("size", "side of the pictures in pixels")
    option("depth", "levels of the generator; 2 to this power must divide the size")
    option("width", "channels of the first layers; the paper has 64")
    parser.add_argument("--no-skips", dest="skips", action="store_false", help="an encoder-decoder in place of the U-Net")
    option("patch", "side of the patches that D judges; the paper has 70", choices=PATCHES)
    option("loss", "a row of the paper's Table 1", choices=list(PAPER_LOSSES))
    option("l1_weight", "the paper's lambda, for losses with L1")
    option("lr", "learning rate of the generator; it falls to zero over the second half")
    option("discriminator_lr", "learning rate of the discriminator; it falls likewise")
    option("batch_size", "pairs in a step; the paper has 1 for facades")
    parser.add_argument("--jitter", action="store_true", help="crop and flip at random out of pictures 286/256 larger, as the paper does")
    option("steps", "steps to train")
    option("count", "how many pairs are drawn to train on")
    option("seed", "the same seed gives the same run")
    parser.add_argument(
        "--fast", action="store_true", help="16-bit arithmetic where this device has it, on a newer GPU as one recorded graph"
    )


def add_translate(parser: argparse.ArgumentParser) -> None:
    """What is translated, and with what."""
    parser.add_argument("generator", type=Path, help="folder of a run, or a weight file: NAME.generator.safetensors, latest_net_G.pth")
    parser.add_argument("inputs", type=Path, help="folder of pictures, of any size")
    parser.add_argument("outputs", type=Path, help="folder for the translations")
    parser.add_argument("--seed", type=int, default=0, help="of the dropout noise; another seed, another picture")
    parser.add_argument("--fast", action="store_true", help="16-bit arithmetic where this device has it: nearly the same pictures, sooner")


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--count", type=int, default=100, help="pairs to judge by: from the folder's val part, or newly drawn (100)")
    parser.add_argument("--record", type=Path, help="also write what was run, where, how long and with what result into this JSON file")


def add_export(parser: argparse.ArgumentParser) -> None:
    """What is written where."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("outputs", type=Path, help="folder for latest_net_G.pth and latest_net_D.pth")


def add_bench(parser: argparse.ArgumentParser) -> None:
    """What is timed."""
    parser.add_argument("--size", type=int, default=256, help="side of the pictures in pixels")
    parser.add_argument("--width", type=int, default=64, help="channels of the first layers")
    parser.add_argument("--batch-size", type=int, default=1, help="pairs in a step")
    parser.add_argument("--repeats", type=int, default=7, help="timed turns; the median is shown")
    parser.add_argument("--peer", type=Path, help="a checkout of the reference implementation, to be timed in turns with this library")


def fetch_set(arguments: argparse.Namespace) -> None:
    """Bring a set here, and say how to go on with it; without a name, list the sets."""
    if not arguments.name:
        print(catalogue.listing())
        return
    folder = fetch(arguments.name, arguments.root, arguments.source)
    data_set = catalogue.find(arguments.name)
    counts = {split: len(list_images(folder / split)) for split in data_set.splits}
    less = "" if counts == data_set.splits else f" (the whole set has {data_set.pairs})"
    pairs = ", ".join(f"{count} {split}" for split, count in counts.items())
    train = ["train", f"runs/{data_set.name}", "--pairs", folder.as_posix(), "--direction", data_set.direction]
    print(f"{folder} is ready: {pairs} pairs{less}, {data_set.shows}. Go on with: python -m pix2pix_edu {shlex.join(train)}")
    print(f"Checked: {data_set.check}.\nLicence: {data_set.licence}. Cite: {data_set.citation}.")


def train(arguments: argparse.Namespace) -> None:
    """Train to the last step, or go on where the folder stands."""
    settings = runs.Settings(**{field.name: getattr(arguments, field.name) for field in fields(runs.Settings)})
    with parallel.joined(settings.batch_size, lambda: farewell(arguments.folder)) as share:
        model = runs.resume(settings, arguments.folder, share)
        with tqdm(total=settings.steps, initial=model.step, unit="step", disable=not share.first) as progress:
            for losses in runs.run(model, settings, arguments.folder, share=share):
                progress.update()
                if model.step % 10 == 0:
                    progress.set_postfix(D=f"{losses.discriminator:.2f}", G=f"{losses.adversarial:.2f}", L1=f"{losses.l1:.3f}")
    if share.first:
        print(f"{model.step} steps done: see {arguments.folder}")
    parallel.leave(share)


def farewell(folder: Path) -> str:
    """What the other processes of a training say when one has ended."""
    step = runs.saved_step(folder)
    return f"another process of this training has ended, so this one ends as well: repeat the command to go on from step {step}"


def translate(arguments: argparse.Namespace) -> None:
    """Write the translation of every picture in a folder."""
    generator = translation.place(translation.open_generator(arguments.generator), arguments.fast)
    torch.manual_seed(arguments.seed)
    written = list(tqdm(translation.translate_folder(generator, arguments.inputs, arguments.outputs), unit="picture"))
    print(f"{len(written)} pictures written to {arguments.outputs}")


def evaluate(arguments: argparse.Namespace) -> None:
    """Print how near the run's translations of unseen inputs come to their targets."""
    settings = runs.read_settings(arguments.run)
    if settings.pairs and not (Path(settings.pairs) / "val").is_dir():
        raise ValueError(f"the run has seen every pair of {settings.pairs}: put unseen ones into {Path(settings.pairs) / 'val'}")
    if arguments.count < 2:
        raise ValueError(f"count must be 2 or more, got {arguments.count}")
    generator = translation.place(translation.open_generator(arguments.run))
    torch.manual_seed(0)
    fakes, ys = evaluation.translate_pairs(generator, runs.open_pairs(settings, "val"), arguments.count)
    scores = evaluation.score(fakes, ys)
    reading = evaluation.read_facades(fakes, settings) if not settings.pairs and settings.drawn == "facades" else None
    print(evaluation.report(scores, reading))
    if arguments.record:
        records.write_record(records.make_record(arguments.run, evaluation.as_record(scores, reading, len(ys))), arguments.record)


def export(arguments: argparse.Namespace) -> None:
    """Write the run's networks for the reference implementation."""
    translation.export(arguments.run, arguments.outputs)
    print(f"latest_net_G.pth and latest_net_D.pth written to {arguments.outputs}")


def measure(arguments: argparse.Namespace) -> None:
    """Print how long a step and a translation take here."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{arguments.size} px, width {arguments.width}, batch {arguments.batch_size}, {device}, {torch.get_num_threads()} threads")
    timings = bench.bench(arguments.size, arguments.width, arguments.batch_size, arguments.repeats, device, arguments.peer)
    print(f"fast: {fastest(torch.device(device))}\n{bench.report(timings)}")


COMMANDS = {
    "fetch": fetch_set,
    "pair": pairing.run,
    "train": train,
    "translate": translate,
    "evaluate": evaluate,
    "export": export,
    "bench": measure,
    "compare": published.run,
    "experiments": experiments.run,
}


def main() -> None:
    """Do what was asked; whatever was wrong with it is said in one sentence."""
    arguments = build_parser().parse_args()
    try:
        COMMANDS[arguments.command](arguments)
    except torch.OutOfMemoryError:
        sys.exit(f"{arguments.command}: the GPU's memory is full: use a smaller size, width or batch size")
    except (ValueError, OSError) as error:
        sys.exit(f"{arguments.command}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"\n{arguments.command}: stopped. Repeat the command to go on; a training goes on from its last checkpoint")


if __name__ == "__main__":
    main()
