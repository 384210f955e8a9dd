"""An order: a frozen view over the JSON as it came, read and replaced by field paths."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from dq_service.fields import join, parse_path

JSON = dict[str, Any]


@dataclass(slots=True, unsafe_hash=True)
class Order:
    """One order as its sender wrote it. The JSON below is never changed; unknown fields stay where they are.

    Absent, `null` and `""` are the same; `false` and `0` are values. A value of the wrong type stays in the
    JSON and reads as missing. Values that are made for every order are frozen by `Final`, which the type checker
    enforces: a frozen dataclass takes four to eight times as long to make.
    """

    json: Final[JSON]

    def at(self, path: str) -> Any:
        """The value at a path, of whatever type; None when absent, `null` or `""`."""
        value: Any = self.json
        for step in parse_path(path):
            if type(step) is str:
                if type(value) is not dict:
                    return None
                value = value.get(step)
            elif type(value) is list and type(step) is int and step < len(value):
                value = value[step]
            else:
                return None
        return None if value == "" else value

    def text(self, path: str) -> str:
        """The text at a path; `""` when there is none or it is not text."""
        value = self.at(path)
        return value if type(value) is str else ""

    def part(self, path: str) -> "Part":
        """The part of the order at a path (`""` is the whole order)."""
        return Part(self, path, self.json if not path else self.at(path))

    def parts(self, pattern: str) -> Iterator["Part"]:
        """The parts that a pattern names: `items[*]` gives each entry of the list that is there."""
        head, star, tail = pattern.partition("[*]")
        if not star:
            yield self.part(pattern)
            return
        entries = self.at(head)
        if type(entries) is list:
            for place, entry in enumerate(entries):
                if tail:
                    yield from self.parts(f"{head}[{place}]{tail}")
                else:
                    yield Part(self, f"{head}[{place}]", None if entry == "" else entry)

    def replacing(self, changes: Mapping[str, Any]) -> "Order":
        """An order with these values at these paths; None empties a field. Copies only the branches that change.

        A missing object on the way is made; a list place just past the end is appended. Raises ValueError where
        the path runs through something that is neither object nor list, or past the end of a list.
        """
        root = self.json.copy()
        copied: dict[int, Any] = {id(root): root}
        for path, value in changes.items():
            steps = parse_path(path)
            branch: Any = root
            for step, following in pairwise(steps):
                inner = branch.get(step) if type(branch) is dict and type(step) is str else _child(branch, step, path)
                if inner is None or inner == "":
                    inner = [] if type(following) is int else {}
                elif id(inner) in copied:
                    branch = inner
                    continue
                elif type(inner) is dict or type(inner) is list:
                    inner = inner.copy()
                copied[id(inner)] = inner
                _put(branch, step, inner, path)
                branch = inner
            _put(branch, steps[-1], value, path)
        return Order(root)


@dataclass(slots=True, eq=False)
class Part:
    """One part of an order with its path: the whole order, a party, an address, an item, a single field.

    This is what a check is handed. `text` and `at` read a child by its name, or the part itself without one.
    """

    order: Final[Order]
    path: Final[str]
    value: Final[Any]

    def at(self, name: str = "") -> Any:
        """The child of that name, of whatever type; None when absent, `null` or `""`."""
        value = self.value
        if name:
            value = value.get(name) if type(value) is dict else None
        return None if value == "" else value

    def text(self, name: str = "") -> str:
        """The text of that name; `""` when there is none or it is not text."""
        value = self.value
        if name:
            value = value.get(name) if type(value) is dict else None
        return value if type(value) is str else ""

    def field(self, name: str = "") -> str:
        """The full path of a child, or of the part itself."""
        return join(self.path, name) if name else self.path

    def inner(self, name: str) -> "Part":
        """A child as a part."""
        return Part(self.order, join(self.path, name), self.at(name))


def _child(branch: Any, step: str | int, path: str) -> Any:
    if type(branch) is list and type(step) is int:
        return branch[step] if step < len(branch) else None
    raise ValueError(f"{path} runs through a value that has no {step!r}")


def _put(branch: Any, step: str | int, value: Any, path: str) -> None:
    if type(branch) is dict and type(step) is str:
        branch[step] = value
    elif type(branch) is list and type(step) is int and step <= len(branch):
        branch[step : step + 1] = [value]
    else:
        raise ValueError(f"{path} has no place for {step!r}")
