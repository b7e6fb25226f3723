"""The course gets where it is wanted: as a wheel, through a notebook's first cell, from a folder without internet.

Everything is really built and installed, into folders of this test; what stands in for the large packages is empty wheels.
"""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import threading
import tomllib
import venv
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from repository import ROOT

from pix2pix_edu.classroom import runtime

SETUP = (ROOT / "tests" / "setup_cell.py").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PACKAGES = {re.split("[>=]", word)[0] for word in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["classroom"]]}
EXTRAS = PROJECT["optional-dependencies"]
OFFLINE = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))},
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads the 0 as "isolation: no": it builds with the setuptools that is here
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_COMPILE": "1",
}


def run(*command, cwd, **environment):
    return subprocess.run(list(map(str, command)), cwd=cwd, env={**OFFLINE, **environment}, capture_output=True, text=True)


def succeed(*command, cwd, **environment):
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def requirements(name):
    """The lines of a list in tests/, without comments, and the Python that its first line names."""
    first, *lines = (ROOT / "tests" / f"{name}-requirements.txt").read_text().splitlines()
    return [line.split(" #")[0] for line in lines if not line.startswith("#")], re.match(r"# Python ([0-9.]+) ", first)[1]


def test_make_oldest_takes_every_package_at_the_lower_bound_of_pyproject():
    bounds = [*PYPROJECT["build-system"]["requires"], *PROJECT["dependencies"], *(bound for extra in EXTRAS.values() for bound in extra)]
    pins, python = requirements("oldest")
    assert pins == [bound.replace(">=", "==") for bound in bounds if not bound.startswith(PROJECT["name"])]
    assert f">={python}" == PROJECT["requires-python"]


def test_make_colab_takes_everything_that_the_library_and_the_lessons_ask_for_in_one_version():
    lines, python = requirements("colab")
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    needed = {re.split("[>=]", word)[0] for word in [*PROJECT["dependencies"], *EXTRAS["classroom"]]}
    assert needed - pinned == {"jupyterlab"}  # Colab has none
    assert {line for line in lines if "==" not in line} == {"nbval", "pytest-xdist", "hypothesis"}  # nor these, which the tests need
    assert python == "3.13"


def test_every_package_that_the_library_imports_is_declared():
    nodes = [node for file in (ROOT / "pix2pix_edu").rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {module.split(".")[0] for module in modules} - {"pix2pix_edu", *sys.stdlib_module_names}
    of_ipywidgets = {"IPython", "traitlets"}
    assert {runtime.NEEDED.get(module, module) for module in foreign - of_ipywidgets} <= PACKAGES


def test_without_the_python_of_a_list_make_says_on_which_one_it_runs_instead(tmp_path):
    for file in ("Makefile", "pyproject.toml", "tests/colab-requirements.txt"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text((ROOT / file).read_text().replace("# Python 3.13 ", "# Python 3.999 "))
    done = run("make", "colab", "PYTHON=no-python", cwd=tmp_path)
    assert done.returncode
    assert "Python 3.999 is not on this machine: make colab runs on no-python instead" in done.stdout.splitlines()


def test_the_conda_environment_states_one_python_and_has_every_package_of_the_course_and_nbval():
    lines = [line.split("  #")[0].strip() for line in (ROOT / "environment.yml").read_text().splitlines()]
    stated = {line.removeprefix("- ") for line in lines if line.startswith("- ")}
    assert [line for line in stated if line.startswith("python")] == ["python=3.12"]
    packages = {re.split("[>=]", line)[0] for line in stated}
    for extra in re.findall(r"-e \.\[([a-z,]+)\]", "\n".join(stated))[0].split(","):
        packages |= {re.split("[>=]", word)[0] for word in [*PROJECT["dependencies"], *EXTRAS[extra]]}
    assert {"torch", "torchvision", "jupyterlab", "matplotlib", "ipywidgets", "pillow", "nbval"} <= packages


@pytest.fixture(scope="module")
def course_zip(tmp_path_factory):
    """The whole repository in one file."""
    target = tmp_path_factory.mktemp("zip") / "pix2pix-edu.zip"
    runpy.run_path(str(ROOT / "publishing" / "wheelhouse.py"))["pack_repository"](target)
    return target


@pytest.fixture(scope="module")
def checkout(course_zip, tmp_path_factory):
    """A copy of the repository that may be built in."""
    folder = tmp_path_factory.mktemp("checkout")
    with zipfile.ZipFile(course_zip) as archive:
        archive.extractall(folder)
    return folder / "pix2pix-edu"


@pytest.fixture(scope="module")
def built(checkout, tmp_path_factory):
    """The wheel, and what was said while it was built."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "pip", "wheel", "--verbose", "--no-deps", "--wheel-dir", folder, checkout, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.iterdir()
    return file, done.stderr  # where pip repeats what setuptools says


@pytest.fixture(scope="module")
def wheel(built):
    return built[0]


def test_the_repository_has_at_most_64_million_bytes(course_zip):
    with zipfile.ZipFile(course_zip) as archive:
        assert sum(member.file_size for member in archive.infolist()) < 64e6


def test_no_folder_of_data_is_taken_for_a_package_while_the_wheel_is_built(built):
    _, said = built
    assert "running bdist_wheel" in said
    assert re.findall("Package '(.*)' is absent from the `packages` configuration", said) == []


def test_the_wheel_holds_every_file_of_the_library_and_of_what_comes_along(wheel, checkout):
    folders = {"pix2pix_edu": "pix2pix_edu", "pix2pix_edu.data": "data"}  # as installed: as in the checkout
    here = {
        f"{package.replace('.', '/')}/{file.relative_to(checkout / folder).as_posix()}"
        for package, folder in folders.items()
        for file in (checkout / folder).rglob("*")
        if file.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert there == here
    assert any(name.endswith(".safetensors") for name in there)


def test_the_installed_course_finds_its_data_and_translates_far_from_any_checkout(wheel, tmp_path):
    (tmp_path / "empty").mkdir()
    succeed(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "there", wheel, cwd=tmp_path / "empty")
    program = (
        "import torch, pix2pix_edu; from pix2pix_edu.weights.bundled import load_pretrained; from pix2pix_edu.files import DATA;"
        "from pix2pix_edu.photos.folders import PhotoPairs; x, y = PhotoPairs(DATA / 'drawn', 'val', size=64)[0];"
        "print(pix2pix_edu.__file__, DATA, *load_pretrained('houses_64')[0](x[None]).shape)"
    )
    said = succeed(sys.executable, "-c", program, cwd=tmp_path / "empty", PYTHONPATH=str(tmp_path / "there"))
    there = tmp_path / "there" / "pix2pix_edu"
    assert said.split() == [str(there / "__init__.py"), str(there / "data"), "1", "3", "64", "64"]


def test_make_address_changes_the_address_everywhere_and_can_be_taken_back(checkout):
    def read():
        return {file.relative_to(checkout): file.read_bytes() for file in checkout.rglob("*") if file.is_file()}

    old, before = b"your_account/pix2pix-edu", read()
    old_site, new_site = b"your_account.github.io/pix2pix-edu", b"ada-l.github.io/image.course"
    succeed("make", "address", "REPO=ada-l/image.course", cwd=checkout)
    after = read()
    changed = {file for file in before if after[file] != before[file]}
    assert changed == {file for file, text in before.items() if old in text and file.parts[0] not in ("build", "pix2pix_edu.egg-info")} - {
        Path("tests/test_installation.py")
    }
    assert all(after[file] == before[file].replace(old, b"ada-l/image.course").replace(old_site, new_site) for file in changed)
    assert new_site in after[Path("README.md")]
    succeed("make", "address", "REPO=your_account/pix2pix-edu", cwd=checkout)
    assert read() == before
    refused = run("make", "address", "REPO=https://github.com/ada/course", cwd=checkout)
    assert refused.returncode
    assert "make address REPO=owner/name" in refused.stdout
    assert read() == before


@pytest.fixture
def machine(tmp_path):
    """A Python of its own that has all packages of this one, but not the course: what Colab is to a notebook."""
    shared = tmp_path / "shared"
    shared.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "pix2pix_edu" not in package.name:
            (shared / package.name).symlink_to(package)
    venv.create(tmp_path / "machine", symlinks=True)
    (own,) = (tmp_path / "machine" / "lib").glob("python*/site-packages")
    (own / "shared.pth").write_text(f"{shared}\n")
    return tmp_path / "machine" / "bin" / "python", shared


@pytest.fixture
def folder(tmp_path):
    """Where the notebook lies: nothing beside it."""
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


def installed(python, folder):
    program = "from importlib import metadata; print(*sorted(f'{one.name}=={one.version}' for one in metadata.distributions()))"
    return set(succeed(python, "-c", program, cwd=folder).split())


def course_of(python, folder):
    program = "import pathlib, pix2pix_edu; print(file := pix2pix_edu.__file__, pathlib.Path(file).with_name('data').is_dir())"
    return succeed(python, "-c", program, cwd=folder).split()


def setup_with(address):
    """The setup cell of a course that is published there."""
    return re.sub('address = "[^"]*"', f'address = "{address}"', SETUP)


def test_where_the_library_is_the_setup_cell_does_and_says_nothing(folder):
    done = run(sys.executable, "-c", SETUP, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_library_zip_or_address_the_setup_cell_says_in_one_sentence_what_to_upload_where(machine, folder):
    done = run(machine[0], "-c", setup_with("https://github.com/your_account/nothing"), cwd=folder)
    sentence = f"The course's library is missing: upload the course's pix2pix-edu.zip to {folder}, then run this cell again.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def test_the_setup_cell_installs_from_an_uploaded_zip_and_touches_nothing_else(machine, folder, course_zip):
    python, _ = machine
    shutil.copyfile(course_zip, folder / "pix2pix-edu-main (1).zip")  # as GitHub and a browser name the second download
    before = installed(python, folder)
    assert succeed(python, "-c", SETUP, cwd=folder) == ""
    assert {one.split("==")[0] for one in installed(python, folder) ^ before} == {"pix2pix-edu"}
    place, has_data = course_of(python, folder)
    assert Path(place).is_relative_to(python.parents[1])
    assert has_data == "True"


def test_the_setup_cell_installs_from_the_checkout_around_the_notebook(machine, course_zip, folder):
    with zipfile.ZipFile(course_zip) as archive:
        archive.extractall(folder)
    notebooks = folder / "pix2pix-edu" / "notebooks"
    succeed(machine[0], "-c", SETUP, cwd=notebooks)
    assert Path(course_of(machine[0], notebooks)[0]).is_relative_to(machine[0].parents[1])


def test_the_setup_cell_installs_from_the_address_once_there_is_one(machine, folder, course_zip, tmp_path):
    packed = tmp_path / "host" / "ada" / "course" / "archive" / "HEAD.zip"
    packed.parent.mkdir(parents=True)
    shutil.copyfile(course_zip, packed)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "host")) as host:
        threading.Thread(target=host.serve_forever, args=(0.01,), daemon=True).start()
        succeed(machine[0], "-c", setup_with(f"http://127.0.0.1:{host.server_port}/ada/course"), cwd=folder)
        host.shutdown()
    assert Path(course_of(machine[0], folder)[0]).is_relative_to(machine[0].parents[1])


class Quiet(SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, *_):
        pass


def test_a_damaged_upload_is_reported_by_name_after_what_pip_says(machine, folder):
    (folder / "pix2pix-edu.zip").write_bytes(b"half of a zip")
    done = run(machine[0], "-c", SETUP, cwd=folder)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"The course's library could not be installed from {folder / 'pix2pix-edu.zip'}; the lines above say why."
    )


def test_a_package_that_the_machine_lacks_is_named_by_the_setup_cell_and_not_installed(machine, folder, wheel):
    python, shared = machine
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(shared)  # installed already
    for package in ("requests", "skimage"):
        (shared / package).unlink()
    done = run(python, "-c", SETUP, cwd=folder)
    assert done.returncode == 1
    assert done.stderr == "One step is left: run  %pip install scikit-image requests  in a new cell, then this cell again.\n"


@pytest.fixture(scope="module")
def wheelhouse(checkout, tmp_path_factory):
    """The folder that the command makes, from an index that holds an empty wheel for each package."""
    index, made = tmp_path_factory.mktemp("index"), checkout / "build" / "wheelhouse"
    for package in PACKAGES | {"a-package-that-nobody-asked-for"}:
        write_empty_wheel(index, package)
    for leftover in ("build/wheelhouse/torch-1.0-py3-none-any.whl", "build/lib/pix2pix_edu/since_removed.py"):
        (checkout / leftover).parent.mkdir(parents=True, exist_ok=True)
        (checkout / leftover).touch()
    done = succeed(sys.executable, checkout / "publishing" / "wheelhouse.py", cwd=index, PIP_FIND_LINKS=str(index))
    assert re.search(rf"{made} holds {len(PACKAGES) + 3} files, 0\.\d\d GB", done)
    return made.rename(tmp_path_factory.mktemp("stick") / "wheelhouse")


def write_empty_wheel(folder, name):
    stem = f"{name.replace('-', '_')}-99"
    about = f"{stem}.dist-info"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", f"{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")


def test_the_wheelhouse_holds_the_course_what_it_needs_for_the_classroom_and_the_notebooks(wheelhouse):
    names = {file.name.split("-")[0].replace("_", "-") for file in wheelhouse.glob("*.whl")}
    assert names == PACKAGES | {"pix2pix-edu"}
    with zipfile.ZipFile(wheelhouse / "pix2pix-edu.zip") as archive:
        packed = set(archive.namelist())
    assert {f"pix2pix-edu/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / "notebooks").glob("*.ipynb")} <= packed
    assert {"pix2pix-edu/README.md", "pix2pix-edu/docs/class_of_thirty.md"} <= packed
    assert not [name for name in packed if any(part in name for part in ("/.git/", "/.venv", "__pycache__", "/predictions/", "/build/"))]


def test_a_wheelhouse_made_again_holds_no_older_wheel_and_no_removed_module(wheelhouse):
    assert not (wheelhouse / "torch-1.0-py3-none-any.whl").exists()
    (course,) = wheelhouse.glob("pix2pix_edu-*.whl")
    with zipfile.ZipFile(course) as archive:
        assert "pix2pix_edu/since_removed.py" not in archive.namelist()


def test_the_line_in_the_wheelhouses_readme_installs_the_course_without_an_index(wheelhouse, tmp_path):
    room = Path(shutil.copytree(wheelhouse, tmp_path / "stick"))
    lines = [line.strip() for line in (room / "README.txt").read_text().splitlines()]
    install, start = (next(line for line in lines if line.startswith(f"python3 -m {module}")) for module in ("venv", "zipfile"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # python3 is the Python of this test
    succeed("sh", "-c", install, cwd=room, PATH=path)
    succeed("sh", "-c", start.split(" && ")[0], cwd=room, PATH=path)
    assert (room / "pix2pix-edu" / "notebooks" / "00_tour.ipynb").is_file()
    python = room / "course" / "bin" / "python"
    assert {f"{name}==99" for name in PACKAGES} < installed(python, tmp_path)
    assert Path(course_of(python, tmp_path)[0]).is_relative_to(room / "course")


def test_a_server_in_the_room_hands_out_the_wheelhouse(wheelhouse, machine, folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=wheelhouse)) as room:
        threading.Thread(target=room.serve_forever, args=(0.01,), daemon=True).start()
        links = ["--no-index", "--find-links", f"http://127.0.0.1:{room.server_port}/", "--trusted-host", "127.0.0.1"]
        said = succeed(machine[0], "-m", "pip", "install", "--dry-run", *links, "pix2pix-edu[classroom]", cwd=folder)
        room.shutdown()
    assert "Would install pix2pix-edu" in said


def test_a_package_that_cannot_be_had_ends_the_wheelhouse_in_one_sentence(checkout, tmp_path):
    earlier = checkout / "build" / "wheelhouse" / "torch-0-py3-none-any.whl"
    earlier.parent.mkdir(parents=True, exist_ok=True)
    earlier.write_bytes(b"gigabytes")
    done = run(sys.executable, checkout / "publishing" / "wheelhouse.py", cwd=tmp_path, PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert earlier.read_bytes() == b"gigabytes"  # what was there is lost only to what replaces it
    assert done.stderr.splitlines()[-1].startswith("wheelhouse: pip could not collect every wheel")
