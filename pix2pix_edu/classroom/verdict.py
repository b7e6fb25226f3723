"""What a check answers: not started, a misconception by its name, or what was proved."""

import functools
from collections.abc import Callable
from typing import NamedTuple


class Verdict(NamedTuple):
    """The answer of a check; `state` is "not started", "not yet" or "proved"."""

    state: str
    message: str

    def __repr__(self) -> str:
        mark = {"not started": "○", "not yet": "✗", "proved": "✓"}[self.state]
        return f"{mark} {self.state}: {self.message}"


class Misconception(Exception):  # noqa: N818 - it is no error of the program but the name of a thought
    """A wrong answer whose cause is known; its text says what the learner probably thought, and where to look."""


def check(examine: Callable[..., str]) -> Callable[..., Verdict]:
    """Make a check of a function that returns what it proved, or raises a Misconception."""

    @functools.wraps(examine)
    def verdict(*answer: object) -> Verdict:
        try:
            return Verdict("proved", examine(*answer))
        except NotImplementedError as error:
            if error.args:  # torch says the same of a dtype that it cannot calculate with
                return Verdict("not yet", f"your code stopped with {type(error).__name__}: {error}")
            return Verdict("not started", "write your answer in place of `raise NotImplementedError`, then run both cells again")
        except Misconception as wrong:
            return Verdict("not yet", str(wrong))
        except Exception as error:  # the learner's code may do anything
            return Verdict("not yet", f"your code stopped with {type(error).__name__}: {error}")

    return verdict
