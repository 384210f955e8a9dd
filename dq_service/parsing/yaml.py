"""Reading our own YAML: rules and partner files become plain values, and every problem names its file and line.

YAML 1.2 by ruamel.yaml's parser, from whose events the values are built here: that gives every value its line, and
keeps what the author wrote. `NO` and `2026-12-01` are texts; what one tool reads as a number and another as a text
(`02101`, `1e3`, `0o17`, `1_000`, `+1402`) is refused until it is quoted. So are anchors, aliases, tags, equal keys
and directives, and a document past `SIZE` or `DEPTH`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from ruamel.yaml.reader import ReaderError

SIZE: Final = 256 * 1024  # bytes
DEPTH: Final = 20  # mappings and lists inside each other
ENOUGH: Final = 100  # problems, after which a file is read no further

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file, with the line (from 1) where its author should look."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DocumentError(Exception):
    """A file of ours that cannot be used, with all that is wrong in it; its text is one problem a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["DocumentError"], tuple[tuple[Problem, ...]]]:
        return DocumentError, (self.problems,)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain values (dict, list, str, int, float, bool, None) and the line of each of them."""

    file: str
    value: Any
    lines: Mapping[Steps, int]
    problems: tuple[Problem, ...] = ()

    def line(self, steps: Steps = ()) -> int:
        """The line (from 1) of the value at these steps; where it is absent, of the nearest value around it."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)


def read(text: str | bytes, file: str) -> Document:
    """The document in a text (bytes are UTF-8). Raises DocumentError with every problem that its form has."""
    document = parse(text, file)
    if document.problems:
        raise DocumentError(document.problems)
    return document


def parse(text: str | bytes, file: str) -> Document:
    """As `read`, but what can be read past (equal keys, anchors, tags, unquoted doubts) is left in `.problems`.

    Raises DocumentError where reading stops: broken syntax, too large, too deep, no UTF-8.
    """
    build = _Build(file)
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > SIZE:
        build.stop(1, f"the file has more than {SIZE:,} bytes")
    try:
        words = data.decode()
    except UnicodeDecodeError as error:
        build.stop(data[: error.start].count(b"\n") + 1, "the file is not UTF-8")
    try:
        return build.document(YAML(typ="safe", pure=True).parse(words))
    except MarkedYAMLError as error:
        build.stop(*_explained(error))
    except ReaderError as error:
        line = words.count("\n", 0, error.position) + 1
        build.stop(line, f"a character that YAML does not allow: U+{error.character:04X}; write its escape in quotes")
    except YAMLError as error:
        build.stop(build.latest, str(error))
    except (ValueError, OverflowError):  # ruamel.yaml asks chr() for whatever \U names
        build.stop(build.latest, "an escape (\\U) names no character")


@dataclass(slots=True)
class _Build:
    """A document in the making."""

    file: str
    lines: dict[Steps, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    events: Iterator[Event] = field(default_factory=lambda: iter(()))

    @property
    def latest(self) -> int:
        """The line of the last key or entry that was begun, for trouble that names no place itself."""
        return max(self.lines.values(), default=1)

    def document(self, events: Iterator[Event]) -> Document:
        self.events = events
        value: Any = None
        for count, event in enumerate(e for e in events if isinstance(e, DocumentStartEvent)):
            if event.version or event.tags:
                self.note(event, "a directive (%) has no place here; leave it out")
            if count:
                self.stop(_line(event), "a second document begins; a file holds one")
            root = next(events)
            self.lines[()] = _line(root)
            value = self.value(root, ())
        return Document(self.file, value, self.lines, tuple(self.problems))

    def value(self, event: Event, steps: Steps) -> Any:
        """The value that begins with this event; the events up to its end are taken."""
        if isinstance(event, AliasEvent):
            self.note(event, f"an alias (*{event.anchor}) has no place here; write the value out")
            return None
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self.note(event, f"an anchor (&{event.anchor}) has no place here; leave it out")
        if tag := getattr(event, "tag", None):
            self.note(event, f"a tag ({tag.replace(_STANDARD, '!!')}) has no place here; leave it out")
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if len(steps) >= DEPTH:
            self.stop(_line(event), f"more than {DEPTH} levels deep")
        return self.mapping(steps) if isinstance(event, MappingStartEvent) else self.entries(steps)

    def entries(self, steps: Steps) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            here = (*steps, len(values))
            self.lines.setdefault(here, _line(event))
            values.append(self.value(event, here))
        return values

    def mapping(self, steps: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.key(event, steps)
            here = (*steps, key)
            line = self.lines.setdefault(here, _line(event))
            if key in values:
                self.note(event, f"key {key!r} stands twice; first on line {line}")
            value = self.value(next(self.events), here)
            values.setdefault(key, value)
        return values

    def key(self, event: Event, steps: Steps) -> str:
        """A key is the text that stands there: `NO`, `02101` and `null` as keys are these letters."""
        if isinstance(event, ScalarEvent) and event.anchor is None and event.tag is None:
            return str(event.value)
        self.note(event, "a key is a plain text")
        self.value(event, (*steps, ""))  # deeper: keys inside keys count as levels too
        return ""

    def scalar(self, event: ScalarEvent) -> str | int | float | bool | None:
        text: str = event.value
        if not event.implicit[0]:  # quoted, or a block of text
            if any("\ud800" <= char <= "\udfff" for char in text):
                self.note(event, "half of a surrogate pair (\\ud800 to \\udfff) is no character")
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
        if doubt := _DOUBTS.fullmatch(text):
            kind = doubt.lastgroup or "number"
            shown = text if len(text) <= 60 else f"{text[:57]}..."
            self.note(event, f"{shown} may be {_DOUBT[kind]} or a text; {_CURE[kind]}")
        return text

    def note(self, event: Event, message: str) -> None:
        if len(self.problems) == ENOUGH:
            self.stop(_line(event), f"more than {ENOUGH} problems; the rest was not read")
        self.problems.append(Problem(self.file, _line(event), message))

    def stop(self, line: int, message: str) -> NoReturn:
        raise DocumentError([*self.problems, Problem(self.file, line, message)])


_STANDARD: Final = "tag:yaml.org,2002:"

# Plain words as JSON writes them. Whatever YAML 1.1 or 1.2 would also take for a number, flag or null is doubtful;
# `yes`, `no`, `on`, `off` are not: the author's NO is Norway more often than false, and a flag's reader refuses them.
_WORDS: Final[Mapping[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_DOUBTS: Final = re.compile(
    r"(?P<number>[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[oxb][0-9a-fA-F_]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
    r"|(?P<flag>True|TRUE|False|FALSE)|(?P<null>Null|NULL)"
)
_DOUBT: Final = {"number": "a number", "flag": "a flag", "null": "nothing"}
_CURE: Final = {
    "number": "put a text in quotes, write a number in plain digits",
    "flag": "put a text in quotes, write a flag as true or false",
    "null": "put a text in quotes, write nothing as null",
}


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1


# What ruamel.yaml says of the commonest slips, and what the author should do about each.
_SLIPS: Final = (
    ("mapping values are not allowed", "a ': ' has no place here; put the text in quotes, or mend the indentation"),
    ("'\\t' that cannot start any token", "a tab stands here; indent with spaces"),
    ("unknown escape character", "a backslash in double quotes; write the text in 'single quotes'"),
    ("found unexpected end of stream", "a quote opens here and never closes"),
    ("found unexpected document separator", "a quote opens here and never closes"),
    ("could not find expected ':'", "a key without its ':'"),
    ("'%' that cannot start any token", "a text cannot begin with %; put it in quotes"),
    ("'@' that cannot start any token", "a text cannot begin with @; put it in quotes"),
    ("'`' that cannot start any token", "a text cannot begin with `; put it in quotes"),
    ("expected ',' or ']'", "a '[' opens here and its ']' or a ',' is missing"),
    ("expected ',' or '}'", "a '{' opens here and its '}' or a ',' is missing"),
    ("expected the node content", "a value is missing here"),
    ("expected '<document start>'", "something closes here that never opened"),
    ("expected <block end>", "this line is indented unlike its neighbours, or a quote ends too early"),
)


def _explained(error: MarkedYAMLError) -> tuple[int, str]:
    """The line and the cause of a syntax error, in words that say what to do."""
    said = str(error.problem or error.context)
    message = next((advice for words, advice in _SLIPS if words in said), said)
    opened = " opens here" in message and error.context_mark is not None
    mark = error.context_mark if opened else error.problem_mark or error.context_mark
    return (mark.line + 1 if mark is not None else 1), message
