"""Train on pairs, in a folder from which a stopped run continues."""

import argparse
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.commands.options import path, real, refuse_ignored, whole
from pix2pix_edu.discriminator import PATCHES
from pix2pix_edu.objective import PAPER_LOSSES
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.photos.folders import DIRECTIONS
from pix2pix_edu.run import loop
from pix2pix_edu.run.record import WITHOUT_EFFECT
from pix2pix_edu.run.settings import BOUNDS, DRAWN, Settings
from pix2pix_edu.run.stopping import until_stopped
from pix2pix_edu.speed import processes
from pix2pix_edu.training import Losses, Pix2Pix

HELP = "train a generator and a discriminator on pairs"

DESCRIPTION = """\
Train on pairs (x, y). Everything is saved in one folder: the settings, a checkpoint, the losses as a table, and sample pictures.
A stopped run continues when you repeat its command.

  python -m pix2pix_edu train runs/first                                                drawn facades
  python -m pix2pix_edu train runs/earth --photographs earth --size 128                 climate maps, and the Earth from orbit
  python -m pix2pix_edu train runs/maps --pairs data_sets/maps --size 256               a folder of side-by-side images
  python -m pix2pix_edu train runs/mine --pairs sketches --y-folder photos --size 128   two folders with the same file names
  python -m pix2pix_edu train runs/deep --pairs scans --y-folder depths --x-channels 1 --y-channels 1       grey, in 8 or 16 bits
  python -m pix2pix_edu train runs/go_on --start houses_64 --depth 4 --width 16         go on from a bundled network
  torchrun --nproc-per-node=2 -m pix2pix_edu train runs/maps --batch-size 2 ...         on two GPUs (docs/many_gpus.md)
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.formatter_class = DESCRIPTION, argparse.RawDescriptionHelpFormatter
    parser.argument_default = argparse.SUPPRESS  # so that `run` sees which options were given

    def option(name: str, help: str, **settings: object) -> None:
        default = getattr(Settings(), name)
        shown = "" if default == "" else f" (default: {default})"
        kind = folder_name if default == "" else type(default)
        if name in BOUNDS:
            kind = (whole if kind is int else real)(*BOUNDS[name])
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help=help + shown, **settings)

    parser.add_argument("folder", type=path, help="folder of the run")
    sets = ", ".join(f"{name} ({bundled.shows})" for name, bundled in BUNDLED.items())
    option("photographs", f"a set of pairs that comes with the library: {sets}", choices=list(BUNDLED))
    option("pairs", "folder of side-by-side images; without it and --photographs, the pairs are drawn")
    option("y_folder", "folder of targets, if --pairs holds only the inputs")
    option("drawn", "what is drawn if neither --photographs nor --pairs is given", choices=list(DRAWN))
    option("direction", "which half of a side-by-side image is the input x", choices=DIRECTIONS)
    option("x_channels", "channels of x: 1 for grey, or more than 3 in .npy files")
    option("y_channels", "channels of y")
    option("size", "side of the pictures in pixels")
    option("depth", "levels of the generator; 2 to this power must divide the size")
    option("width", "channels of the first layers; the paper has 64")
    parser.add_argument("--no-skips", dest="skips", action="store_false", help="an encoder-decoder instead of the U-Net")
    option("patch", "side of the patches that D judges; the paper has 70", choices=PATCHES)
    option("loss", "a row of the paper's Table 1", choices=list(PAPER_LOSSES))
    option("l1_weight", "the paper's lambda, for losses with L1")
    option("lr", "learning rate of the generator; it falls to zero over the second half")
    option("discriminator_lr", "learning rate of the discriminator; it falls in the same way")
    option("batch_size", "pairs in a step; the paper has 1 for facades")
    parser.add_argument("--jitter", action="store_true", help="crop and flip at random from pictures 286/256 larger, as the paper does")
    option("steps", "steps to train")
    option("count", "how many pairs are drawn to train on")
    option("seed", "the same seed gives the same run")
    option("start", "bundled networks to start with, e.g. houses_128: depth and width must be theirs; with another patch D begins anew")
    help = "processes that read and draw pairs ahead (default: 0); the run is the same with any number of them"
    parser.add_argument("--workers", type=whole(0, 64), default=0, help=help)
    parser.add_argument("--fast", action="store_true", help="use 16-bit arithmetic if this device has it, on a newer GPU as a CUDA graph")


def folder_name(text: str) -> str:
    """A type for argparse: a path as the text that was given."""
    path(text)
    return text


def chosen(arguments: argparse.Namespace) -> Settings:
    """The settings that the options name."""
    given = {field.name: getattr(arguments, field.name) for field in fields(Settings) if field.name in arguments}
    for one, other in WITHOUT_EFFECT:
        if other in given:
            refuse_ignored(arguments, [one], f"with --{other.replace('_', '-')}: leave one of them out")
    settings = Settings(**given)
    if not settings.pairs:
        refuse_ignored(arguments, ["direction"], "on drawn or bundled pairs: leave it out, or name a folder with --pairs")
    if "L1" not in settings.loss:
        refuse_ignored(arguments, ["l1_weight"], f"with --loss {settings.loss}, which has no L1: leave one of them out")
    return settings


def run(arguments: argparse.Namespace) -> None:
    settings, folder = chosen(arguments), arguments.folder
    with processes.joined(settings.batch_size, lambda: goodbye(folder)) as share:
        model = loop.resume(settings, folder, share)
        done = "already done" if model.step == settings.steps else "done"
        steps = loop.run(model, settings, folder, share=share, workers=arguments.workers)
        # Several processes have to stop at the same step: torchrun ends them, and they go back to the last checkpoint.
        watch(until_stopped(steps) if share.processes == 1 else steps, model, settings.steps, share.first)
        if share.first:
            print(f"{model.step} steps {done}: see {folder}")
    processes.leave(share)


def watch(steps: Iterator[Losses], model: Pix2Pix, until: int, shown: bool = True) -> None:
    """Go through the steps of a training, with a progress bar."""
    # delay: an error in the input comes before the bar
    with tqdm(total=until, initial=model.step, unit="step", disable=not shown, delay=0.5) as progress:
        for losses in steps:
            progress.update()
            if model.step % 10 == 0:
                progress.set_postfix(D=f"{losses.discriminator:.2f}", G=f"{losses.adversarial:.2f}", L1=f"{losses.l1:.3f}", refresh=False)


def goodbye(folder: Path) -> str:
    """The message to print when another process of this training has ended."""
    step = loop.saved_step(folder)
    return f"another process of this training has ended, so this one ends as well: repeat the command to continue from step {step}"
