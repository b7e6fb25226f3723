"""Hooks for every pytest run in this repository, those of the notebooks included."""

from importlib.metadata import PackageNotFoundError, version

import pytest


def pytest_report_header() -> str:
    """Say on which packages the tests run, below pytest's own line about Python."""
    return ", ".join(map(with_version, ("torch", "torchvision", "numpy", "matplotlib", "ipython", "ipywidgets")))


def with_version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:  # tests/cuda need only torch
        return f"no {package}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a cell of a notebook timed out: nbval reports the cells after it as expected failures, which would pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("xfailed"):
        reporter.write_line(f"{len(reporter.stats['xfailed'])} cells were not run, because a cell before them timed out", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how long the widgets took to answer."""
    rows = [value for report in terminalreporter.stats.get("passed", []) for name, value in report.user_properties if name == "reaction"]
    if rows:
        terminalreporter.section("widgets: processor time from a changed control to the new picture")
        for row in sorted(rows):
            terminalreporter.write_line(row)
