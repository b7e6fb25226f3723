"""The command line: python -m pix2pix_edu COMMAND, and --help to see the commands."""

import argparse
import contextlib
import importlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

COMMANDS = ("first", "fetch", "pair", "train", "translate", "evaluate", "export", "card", "push", "bench", "compare", "experiments", "page")
CONTINUED = ("fetch", "train", "compare", "experiments")  # what is stopped there continues when the command is repeated


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without the list of all options."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows what is possible)\n")


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m pix2pix_edu", description="Train a pix2pix model, translate pictures with it, measure it, or time it.")
    parsers = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = importlib.import_module(f"pix2pix_edu.commands.{name}")  # slow, so not before main() can catch Ctrl-C
        options = parsers.add_parser(name, help=command.HELP)
        command.add_options(options)
        options.add_argument("--debug", action="store_true", help="show where in the code an error arose")
        options.set_defaults(act=command.run)
    return parser


@contextlib.contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """End the process at once when Ctrl-C is pressed: an import may swallow KeyboardInterrupt, as that of torch does, and go on."""

    def end(*_: object) -> NoReturn:
        with contextlib.suppress(OSError):  # nobody may be listening
            os.write(2, b"\npix2pix_edu: stopped\n")
        os._exit(1)

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Run a command, and print an error as one sentence."""
    name, debug = "pix2pix_edu", "--debug" in sys.argv
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show is no error
    try:
        with ended_by_ctrl_c():
            parser = build_parser()
        arguments = parser.parse_args()
        name = arguments.command
        arguments.act(arguments)
        if sys.stdout:  # None if it was closed before the start
            sys.stdout.flush()
    except KeyboardInterrupt as stop:
        sys.unraisablehook = lambda _: None  # half-made progress bars would print tracebacks as they are removed
        message = f"\n{name}: {str(stop) or 'stopped'}{'; it continues when you repeat the command' * (name in CONTINUED)}"
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        message = 1
    except Exception as error:
        if debug:
            raise
        from pix2pix_edu.files import printable

        message = f"{name}: {printable(explain(error))}"
    else:
        return
    sys.exit(message)


def explain(error: Exception) -> str:
    """One sentence about an error."""
    import torch

    from pix2pix_edu.files import explain_system

    text = " ".join(str(error).split())
    if isinstance(error, torch.OutOfMemoryError):
        return "the GPU's memory is full: use a smaller size, width or batch size"
    if isinstance(error, MemoryError) or "can't allocate memory" in text or "Unable to allocate" in text:
        return "this machine has not enough memory for that: use a smaller size, width, batch size or count"
    if isinstance(error, (ValueError, OSError)):
        text = explain_system(error) if isinstance(error, OSError) else text
        return re.sub(r"\[(Errno|WinError) -?\d+\] ", "", text)
    return f"an unforeseen error, {type(error).__name__}: {text[:200]} (repeat the command with --debug to see where it arose)"


if __name__ == "__main__":
    main()
