"""Hooks for every pytest run in this repository, those of the notebooks included."""

from importlib.metadata import PackageNotFoundError, version

import pytest

collect_ignore = ["notebooks/zh"]  # their code is that of the English ones (tests/test_chinese_lessons.py)


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
    """Show how long the widgets took to answer and, for `make faults`, a table of what was done and whether the claim held."""
    if terminalreporter.config.getoption("-m") == "fault":
        write_fault_table(terminalreporter)
    rows = [value for report in terminalreporter.stats.get("passed", []) for name, value in report.user_properties if name == "reaction"]
    if rows:
        terminalreporter.section("widgets: processor time from a changed control to the new picture")
        for row in sorted(rows):
            terminalreporter.write_line(row)


def write_fault_table(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each test: how many cases held, and its name, which is its claim. Cases that were skipped did not hold."""
    cases: dict[tuple[str, str], list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            file, _, name = report.nodeid.partition("::")
            claim = name.partition("[")[0].removeprefix("test_").replace("_", " ")
            cases.setdefault((file, claim or "the whole file"), []).append(outcome)
    for file in dict.fromkeys(file for file, _ in cases):
        terminalreporter.section(file.removeprefix("tests/").removesuffix(".py"), sep="-")
        for (_, claim), outcomes in ((case, outcomes) for case, outcomes in cases.items() if case[0] == file):
            skipped = f" ({outcomes.count('skipped')} skipped)" if "skipped" in outcomes else ""
            terminalreporter.write_line(f"{outcomes.count('passed'):4} of {len(outcomes):<4} {claim}{skipped}")
