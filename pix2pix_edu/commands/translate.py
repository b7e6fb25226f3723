"""Translate every picture in a folder."""

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from pix2pix_edu import translation
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.speed.fast_step import place

HELP = "translate every picture in a folder"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("generator", type=Path, help="folder of a run, or a weight file: NAME.generator.safetensors, latest_net_G.pth")
    parser.add_argument("inputs", type=Path, help="folder of pictures, of any size")
    parser.add_argument("outputs", type=Path, help="folder for the translations")
    parser.add_argument("--seed", type=int, default=0, help="seed of the dropout; another seed gives another picture")
    parser.add_argument("--fast", action="store_true", help="use 16-bit arithmetic if this device has it: nearly the same pictures, faster")


def run(arguments: argparse.Namespace) -> None:
    generator = place(open_generator(arguments.generator), arguments.fast)
    torch.manual_seed(arguments.seed)
    written = list(tqdm(translation.translate_folder(generator, arguments.inputs, arguments.outputs), unit="picture"))
    print(f"{len(written)} pictures written to {arguments.outputs}")
