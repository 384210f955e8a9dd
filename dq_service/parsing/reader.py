"""Reading a mapping of a document key by key: types, vocabularies, nearest spellings; all problems are gathered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from dq_service.parsing.yaml import Document, DocumentError, Problem, Steps, parse

T = TypeVar("T")


def reader(text: str | bytes, file: str) -> "Reader":
    """A reader over a document that is one mapping; `finish()` raises all that is wrong in form and in content.

    Raises DocumentError at once where there is nothing to go on with: broken syntax, too large, too deep, no mapping.
    """
    document = parse(text, file)
    if not isinstance(document.value, dict):
        raise DocumentError([*document.problems, Problem(file, document.line(), "the file wants keys: `key: value`")])
    return Reader(document, document.value, (), list(document.problems))


class Reader:
    """One mapping of a document, read key by key; what is wrong is gathered, and reading goes on with the default.

    A key that is absent or `null` reads as its default; `require` says which may not be. Which keys are known is
    what was asked for: `close` refuses the others.
    """

    __slots__ = ("_asked", "_document", "_values", "path", "problems")

    def __init__(self, document: Document, values: Mapping[str, Any], path: Steps, problems: list[Problem]) -> None:
        self._document = document
        self._values = values
        self._asked: dict[str, None] = {}
        self.path = path
        self.problems = problems

    @property
    def document(self) -> Document:
        """The document that this mapping stands in."""
        return self._document

    def __contains__(self, key: str) -> bool:
        self._asked[key] = None
        return self._values.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def line(self, *steps: str | int) -> int:
        """The line of this mapping, or of a value in it."""
        return self._document.line(self.path + steps)

    def problem(self, message: str, *steps: str | int) -> None:
        """Notes what is wrong with the value at these steps (none: with this mapping)."""
        self.problems.append(Problem(self._document.file, self.line(*steps), message))

    def require(self, *keys: str) -> None:
        """Notes each of these keys that is absent, `null` or empty text."""
        for key in keys:
            if key not in self and key not in self._values:
                self.problem(f"key '{key}' is missing")
            elif self._values[key] in (None, ""):
                self.problem(f"key '{key}' is empty", key)

    def given(self, key: str, default: Any = None) -> Any:
        """The plain value as the file gives it, of whatever type."""
        return self._values[key] if key in self else default

    def text(self, key: str, default: str = "") -> str:
        return self._of_type(key, str, default, "a text")

    def flag(self, key: str, default: bool = False) -> bool:
        return self._of_type(key, bool, default, "true or false")

    def number(self, key: str, default: float = 0.0, least: float | None = None, most: float | None = None) -> float:
        """A number, not below `least` and not above `most`."""
        value = self.given(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (least is None or value >= least) and (most is None or value <= most):
            return float(value)
        self.problem(f"{key} wants a number{_bounds(least, most)}, not {_shown(value)}", key)
        return default

    def one_of(self, key: str, values: Sequence[T], default: T | None = None) -> T:
        """A word of a vocabulary; without a default its first word stands in for what is absent or wrong."""
        if key in self:
            if self._values[key] in values:
                return values[values.index(self._values[key])]
            self.problem(none_of(self._values[key], values), key)
        return values[0] if default is None else default

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        if key not in self:
            return default
        entries = self._of_type(key, list, [], "a list: [one, another]")
        for place, entry in enumerate(entries):
            if not isinstance(entry, str):
                self.problem(f"{key} wants texts, not {_shown(entry)}", key, place)
        return tuple(entry for entry in entries if isinstance(entry, str))

    def some_of(self, key: str, values: Sequence[T], default: tuple[T, ...] = ()) -> tuple[T, ...]:
        """A list of words of a vocabulary, each once."""
        if key not in self:
            return default
        found: list[T] = []
        for place, entry in enumerate(self._of_type(key, list, [], "a list: [one, another]")):
            if entry not in values:
                self.problem(none_of(entry, values), key, place)
            elif entry in found:
                self.problem(f"'{entry}' stands twice", key, place)
            else:
                found.append(values[values.index(entry)])
        return tuple(found)

    def written(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """What `parse` makes of a text (a pattern, a duration, a date); its ValueError's words become the problem."""
        text = self.text(key)
        if isinstance(self._values.get(key), str):
            try:
                return parse(text)
            except ValueError as error:
                self.problem(f"{key}: {error}", key)
        return default

    def mapping(self, key: str) -> "Reader":
        """The mapping of that key; an empty one where it is absent."""
        return self._inner(self._of_type(key, dict, {}, "keys of its own: {key: value}"), key)

    def mappings(self, key: str) -> list["Reader"]:
        """The mappings in the list of that key."""
        readers = []
        for place, entry in enumerate(self._of_type(key, list, [], "a list")):
            if isinstance(entry, dict):
                readers.append(self._inner(entry, key, place))
            else:
                self.problem(f"{key} wants a list of mappings, not {_shown(entry)}", key, place)
        return readers

    def rest(self) -> tuple[str, ...]:
        """The keys that nobody asked for."""
        return tuple(key for key in self._values if key not in self._asked)

    def close(self) -> None:
        """Notes every key that nobody asked for, with the nearest one that somebody did."""
        for key in self.rest():
            hint = did_you_mean(key, self._asked)
            if not hint and 0 < len(self._asked) <= _FEW:
                hint = f"; known here: {', '.join(self._asked)}"
            self.problem(f"no key {_shown(key)}{hint}", key)

    def finish(self) -> None:
        """Closes, and raises DocumentError where this reader, or one made from it, has noted a problem."""
        self.close()
        if self.problems:
            raise DocumentError(self.problems)

    def _of_type(self, key: str, kind: type[T], default: T, wanted: str) -> T:
        if key not in self:
            return default
        value = self._values[key]
        if isinstance(value, kind):
            return value
        quotes = f'; put it in quotes: "{_plain(value)}"' if kind is str and isinstance(value, int | float) else ""
        self.problem(f"{key} wants {wanted}, not {_shown(value)}{quotes}", key)
        return default

    def _inner(self, values: Mapping[str, Any], *steps: str | int) -> "Reader":
        return Reader(self._document, values, self.path + steps, self.problems)


_FEW: Final = 8  # words that a message lists


def none_of(value: object, values: Sequence[object]) -> str:
    """`'eror' is none of error, warning, info; did you mean 'error'?`"""
    words = [str(word) for word in values if word != ""]
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    if len(words) > _FEW:
        return f"{_shown(value)} is not known here{hint}"
    return f"{_shown(value)} is none of {', '.join(words)}{hint}"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'command'?` with the nearest of the words, or nothing where none is near or many are."""
    near = nearest(word, words)
    return f"; did you mean {' or '.join(repr(one) for one in near)}?" if near else ""


def nearest(word: str, words: Iterable[str]) -> tuple[str, ...]:
    """The words that differ least from this one in spelling, case and hyphens apart; none when more than two tie."""
    from rapidfuzz.distance import OSA  # only a mistake pays for this import

    likeness = {other: OSA.normalized_similarity(_folded(word), _folded(other)) for other in words}
    best = max(likeness.values(), default=0.0)
    near = tuple(other for other, value in likeness.items() if value == best)
    return near if best >= 0.6 and len(near) <= 2 else ()


def _folded(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _shown(value: object) -> str:
    """A value as its author wrote it, cut short: a message is a line."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if not isinstance(value, str):
        return _plain(value)
    short = value if len(value) <= 60 else value[:57] + "..."
    return f"'{short}'" if short.isprintable() else repr(short)


def _plain(value: object) -> str:
    return (
        {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if least is not None:
        return f" of at least {least:g}"
    return "" if most is None else f" of at most {most:g}"
