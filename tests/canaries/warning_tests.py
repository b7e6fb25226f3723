"""Tests that must fail, because code of this repository gives a warning, and tests that must pass, because another package's does."""

import warnings
from types import ModuleType

import pytest


def warn_in(name: str, kind: type[Warning]) -> None:
    """Give a warning from a module with this name."""
    module = ModuleType(name)
    exec("import warnings\ndef warn(kind): warnings.warn('a warning', kind)", module.__dict__)
    module.warn(kind)


def test_of_a_test():
    warnings.warn("a warning", DeprecationWarning, stacklevel=1)


def test_of_the_library():
    warn_in("pix2pix_edu.run.loop", FutureWarning)


def test_of_a_helper():
    warn_in("tiny", PendingDeprecationWarning)


def test_of_another_kind():
    warn_in("another_package", RuntimeWarning)  # a wrong call of ours can cause it there


@pytest.mark.parametrize("kind", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
def test_of_another_package(kind):
    warn_in("another_package", kind)
