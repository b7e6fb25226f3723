"""Upload a run to a hub of models: shareable weights, an ONNX file and the card."""

import importlib
import os
import re
from pathlib import Path
from types import ModuleType

from pix2pix_edu.files import refuse_unwritable, whole_folder, write_text
from pix2pix_edu.run.networks import save_for_sharing
from pix2pix_edu.sharing.card import make_card
from pix2pix_edu.sharing.onnx_file import export_onnx

CARD = "README.md"  # the name under which a hub shows it
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", flags=re.ASCII)


def prepare(run: Path, repository: str, folder: Path, record: Path | None = None) -> list[Path]:
    """Write what `upload` uploads to a folder that does not exist yet or is empty, and return the files."""
    if not REPOSITORY.fullmatch(repository):
        raise ValueError(f"a repository is named owner/name, got {repository[:80]!r}")
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise ValueError(f"{folder} exists already: name a new folder for the files")
    card, name = make_card(run, repository, record), repository.split("/")[1]
    refuse_unwritable(folder)
    try:
        with whole_folder(folder) as unfinished:
            save_for_sharing(run, name, unfinished)
            export_onnx(run, unfinished / f"{name}.onnx")
            write_text(unfinished / CARD, card)
    except OSError as error:
        raise OSError(f"could not write {folder} ({error}): free some space or choose another folder; no files were left there") from error
    return sorted(folder.iterdir())


def refuse_without_hub() -> None:
    """Raise an error if the hub's package or the token is missing."""
    if not _package().get_token():
        raise ValueError("the hub wants to know who you are: log in once with the command  hf auth login  , or set HF_TOKEN to a token")


def upload(folder: Path, repository: str, private: bool = False, overwrite: bool = False) -> str:
    """Upload a prepared folder to owner/name, which is made if it does not exist. Return its address."""
    hub = _package()
    api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    try:
        address = api.create_repo(repository, private=private, exist_ok=True)
        taken = sorted(set(api.list_repo_files(repository)) & {file.name for file in folder.iterdir()})
        if not taken or overwrite:
            api.upload_folder(repo_id=repository, folder_path=folder, commit_message="A run of pix2pix-edu")
    except Exception as error:  # of the hub's package or of the package that it speaks to the hub with, whichever that is
        raise _explained(error, repository) from error
    if taken and not overwrite:
        raise ValueError(
            f"{repository} already has {taken[0]}{f' and {len(taken) - 1} more of these files' * (len(taken) > 1)}: name another "
            "repository, or add --overwrite to replace them (the hub keeps the earlier ones)"
        )
    return str(address)


def _explained(error: Exception, repository: str) -> Exception:
    status = getattr(getattr(error, "response", None), "status_code", None)
    text = " ".join(str(error).split())[:200]
    if status in (401, 403):
        return ValueError(f"the hub does not let you write to {repository}: use a token that may write, and an owner that is you")
    if status:
        return OSError(f"the hub refused {repository} with status {status} ({text})")
    return OSError(f"the hub could not be reached ({type(error).__name__}: {text}): try again later; --prepare writes the files without it")


def _package() -> ModuleType:
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError:
        raise ValueError('the package huggingface_hub is missing: pip install "pix2pix-edu[hub]"') from None
