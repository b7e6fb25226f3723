"""Write a run's networks for other programs: as files of the reference implementation, or the generator as ONNX."""

import argparse

from pix2pix_edu.commands import options
from pix2pix_edu.run.networks import export
from pix2pix_edu.run.settings import read_settings
from pix2pix_edu.sharing.onnx_file import export_onnx, usage

HELP = "write a run's networks for the reference implementation, or as ONNX"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=options.path, help="folder of a run")
    outputs = "folder for latest_net_G.pth and latest_net_D.pth; with --onnx, a file that ends in .onnx"
    parser.add_argument("outputs", type=options.path, help=outputs)
    parser.add_argument("--onnx", action="store_true", help="write the generator as one ONNX file, after a comparison with torch")
    parser.add_argument("--overwrite", action="store_true", help="replace files of these names")


def run(arguments: argparse.Namespace) -> None:
    if arguments.onnx:
        difference = export_onnx(arguments.run, arguments.outputs, arguments.overwrite)
        print(f"{arguments.outputs} is written; its output and torch's differ by {difference:.0e} on a sample.")
        print(usage(read_settings(arguments.run)))
        return
    export(arguments.run, arguments.outputs, arguments.overwrite)
    print(f"latest_net_G.pth and latest_net_D.pth written to {arguments.outputs}")
    print(
        "In the reference, use them with --no_dropout and without --eval: it has its dropout on other layers than this library, "
        "and the running averages in the files are placeholders, because this library keeps none"
    )
