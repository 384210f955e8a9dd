"""Patterns that rules and partners write: regular expressions that answer in linear time, whatever the text.

google-re2 has neither look-around nor back-references; a pattern that wants them is refused where it is read.
Its classes are ASCII (`\\d` is 0-9); `(?i)` at the beginning leaves case aside.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

LENGTH: Final = 1000  # characters of a pattern
SHORT: Final = 100  # characters of a text that Python's own engine may be given

# Literals, classes and groups of them, repeated a bounded or an unbounded number of times but never nested: what both
# engines read alike and Python's answers in linear time, at a tenth of the price of crossing over to google-re2.
_ATOM = r"(?:[A-Za-z0-9 _#/:,@&%=!~'\"<>-]|\\[dw.\-/]|\[[A-Za-z0-9 _.#/-]+\])"
_SIMPLE: Final = re.compile(rf"(?:{_ATOM}(?:\{{\d{{1,3}}(?:,\d{{0,3}})?\}}|[?])?)*(?:{_ATOM}[+*]?)?")


class PatternError(ValueError):
    """A pattern that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression by its source; equal, hashed and pickled by it, compiled once a process.

    Raises PatternError where the source is empty, too long, wrong, or beyond google-re2.
    """

    source: str

    def __post_init__(self) -> None:
        _compiled(self.source)

    def matches(self, text: str) -> bool:
        """Whether the whole text is as the pattern says."""
        if text.isascii() and text.isprintable() and len(text) <= SHORT:
            quick = _quick(self.source)
            if quick is not None:
                return quick(text) is not None
        try:
            return _compiled(self.source).fullmatch(text) is not None
        except UnicodeEncodeError:  # half of a surrogate pair: no text that a pattern could mean
            return False

    def __str__(self) -> str:
        return self.source


@lru_cache(maxsize=1024)
def _quick(source: str) -> Callable[[str], object] | None:
    """Python's own full match for a simple pattern, of which at most the last repetition is unbounded; else None."""
    if not _SIMPLE.fullmatch(source) or source.count(",}") > 1:
        return None
    return re.compile(source, re.ASCII).fullmatch


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Any:
    if not source:
        raise PatternError("an empty pattern")
    if len(source) > LENGTH:
        raise PatternError(f"a pattern of {len(source)} characters; {LENGTH} are allowed")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except (re2.error, UnicodeEncodeError) as error:
        shown = f"'{source}'" if source.isprintable() else repr(source)
        raise PatternError(f"pattern {shown}: {_explained(error)}") from None


def _explained(error: Exception) -> str:
    said = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error.args[0])
    what, _, where = said.rpartition(": ")
    if where.startswith(("(?=", "(?!", "(?<")):
        return f"look-ahead and look-behind are not supported ({where})"
    if what == "invalid escape sequence" and where[1:].isdecimal():
        return f"back-references are not supported ({where})"
    return said
