"""The result of checking an exercise: not started, not yet (with the likely misconception), or proved."""

import functools
import operator
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pix2pix_edu.language.words import say
from pix2pix_edu.random_numbers import own_random_numbers


class Verdict(NamedTuple):
    """The result of a check; `state` is "not started", "not yet" or "proved"."""

    state: str
    message: str

    def __repr__(self) -> str:
        mark = {"not started": "○", "not yet": "✗", "proved": "✓"}[self.state]
        return f"{mark} {say(self.state)}{say(': ')}{say(self.message)}"


class Misconception(Exception):  # noqa: N818 - not a failure: the name of a wrong idea
    """A wrong answer with a known cause. The message says what the learner probably thought, and where to look."""


Same = Callable[[object, object], bool]


def agrees(given: object, right: object, wrongs: Iterable[tuple[object, str]], same: Same = operator.eq) -> bool:
    """Return whether `given` is `right`; raise a Misconception if it is one of the known wrong answers.

    `wrongs` pairs each wrong answer with its message, and the first match counts; `same` compares two answers.
    """
    if same(given, right):
        return True
    for wrong, message in wrongs:
        if same(given, wrong):
            raise Misconception(message)
    return False


def check(examine: Callable[..., str]) -> Callable[..., Verdict]:
    """Turn a function that returns what it proved, or raises a Misconception, into one that returns a Verdict."""

    @functools.wraps(examine)
    def verdict(*answer: object) -> Verdict:
        try:
            with own_random_numbers():  # a check leaves the learner's random numbers as they are
                return Verdict("proved", examine(*answer))
        except Misconception as wrong:
            return Verdict("not yet", str(wrong))
        except Exception as error:  # the learner's code may raise anything
            if isinstance(error, NotImplementedError) and not error.args:  # torch raises it with a message, e.g. for a dtype
                return Verdict("not started", "write your answer in place of `raise NotImplementedError`, then run both cells again")
            return Verdict("not yet", f"your code stopped with {type(error).__name__}: {error}")

    return verdict
