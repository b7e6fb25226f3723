import re
from importlib.resources import files

import pytest

from pix2pix_edu.play import data
from pix2pix_edu.play.modules import FOLDER, join_modules, join_styles

MODULES = sorted(file.name.removesuffix(".js") for file in FOLDER.iterdir() if file.name.endswith(".js"))
BUNDLES = [*(("widget", name) for name in data.FIGURES), ("board_widget",), ("own_keys_widget",), ("trainer_worker",)]
DEFINED = re.compile(r"^(?:async )?(?:function|class) (\w+)|^(?:const|let) (?:\[([^\]]+)\]|(\w+))", flags=re.MULTILINE)


def defined(source):
    """The names that a module defines at its top level."""
    return [name for one, several, other in DEFINED.findall(source) for name in (one or several or other).split(", ")]


@pytest.mark.parametrize("names", BUNDLES, ids="+".join)
def test_joined_modules_import_nothing_and_no_two_of_them_define_the_same_name(names):
    joined = join_modules(*names)
    assert not re.search(r"^import ", joined, flags=re.MULTILINE)
    assert not re.search(r"^export (?!default)", joined, flags=re.MULTILINE)
    found = defined(joined)
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("names", BUNDLES, ids="+".join)
def test_every_module_comes_after_all_that_it_imports(names):
    joined = join_modules(*names)
    for name in MODULES:
        source = FOLDER.joinpath(f"{name}.js").read_text("utf-8")
        own = [joined.find(line) for line in source.splitlines() if line.startswith(("function", "class"))]
        if not own or max(own) < 0:
            continue  # not in this bundle
        for imported in re.findall(r'from "\./(\w+)\.js"', source):
            other = next(line for line in FOLDER.joinpath(f"{imported}.js").read_text("utf-8").splitlines() if line.startswith("//"))
            assert joined.find(other) >= 0
            assert joined.index(other) < min(place for place in own if place >= 0), (name, imported)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_short_says_what_it_is_for_and_asks_no_other_host(name):
    source = files("pix2pix_edu.play").joinpath(f"{name}.js").read_text("utf-8")
    assert len(source.splitlines()) < 300
    assert source.startswith("// ")
    assert set(re.findall(r"https?://[^\s\"']+", source)) <= {"http://www.w3.org/2000/svg"}


def test_a_module_that_is_imported_twice_is_there_once():
    assert join_modules("widget", "learning").count("export") == 0
    assert join_modules("widget", "learning").count("function make(") == 1


def test_styles_are_joined_in_the_order_of_their_names():
    joined = join_styles("play", "patch")
    assert joined.index(".play-controls") < joined.index(".patch-picture")
