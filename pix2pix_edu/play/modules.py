"""The JavaScript and CSS files of this folder, joined for a notebook, where a widget may load only one of each."""

import re
from importlib.resources import files

FOLDER = files("pix2pix_edu.play")
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', flags=re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", flags=re.MULTILINE)


def join_modules(*names: str) -> str:
    """Return modules with everything that they import, as one module without named exports; what a module imports comes before it."""
    order: list[str] = []
    for name in names:
        _add_after_its_imports(name, order)
    return "\n".join(EXPORT.sub("", IMPORT.sub("", _read(f"{module}.js"))) for module in order)


def join_styles(*names: str) -> str:
    """Return several style sheets as one."""
    return "\n".join(_read(f"{name}.css") for name in names)


def _add_after_its_imports(name: str, order: list[str]) -> None:
    if name in order:
        return
    for imported in IMPORT.findall(_read(f"{name}.js")):
        _add_after_its_imports(imported, order)
    order.append(name)


def _read(file: str) -> str:
    return FOLDER.joinpath(file).read_text("utf-8")
