"""JMESPath over a partner's payload that also tells which parts of the payload a value was read from."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, TypeAlias

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.visitor import Options, TreeInterpreter

Read: TypeAlias = tuple[Any, str | int]  # an object or a list of the payload, and the key or place that was read

_MOST: Final = 10**15  # of a sum: from there on cents are lost
_CHAIN: Final = frozenset({"field", "subexpression"})
_NONE: Final[tuple[Any, ...]] = (None, "", [], {})


class Unfit(ValueError):
    """An expression that cannot be used: on what stands in the payload, or at all. Its text quotes no payload."""


class _Functions(functions.Functions):  # type: ignore[misc]  # the library has no types
    """What profiles need beyond the functions of JMESPath. None of them fails for what a payload holds."""

    @functions.signature({"types": [], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_words(self, *values: Any) -> str | None:
        """What is there, with a space between: the halves of a name, a list."""
        return _joined(" ", values)

    @functions.signature({"types": [], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_lines(self, *values: Any) -> str | None:
        """What is there, each on a line of its own."""
        return _joined("\n", values)

    @functions.signature({"types": [], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_total(self, *values: Any) -> float | None:
        """The sum of numbers, and of texts that are numbers; nothing where one is something else."""
        summed, some = Decimal(0), False
        for value in _flat(values):
            try:
                summed += Decimal(str(value))
            except InvalidOperation:
                return None
            some = True
        return float(summed) if some and abs(summed) < _MOST else None

    @functions.signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_utc(self, value: Any) -> Any:
        """A time that its system means as UTC, with that said: `2026-12-01T09:00:00` gets a `Z`."""
        if not isinstance(value, str) or "T" not in value:
            return value
        clock = value.partition("T")[2]
        return value if any(sign in clock for sign in "Z+-") else f"{value}Z"


FUNCTIONS: Final[Mapping[str, str]] = {
    name.removeprefix("_func_"): (getattr(_Functions, name).__doc__ or "").strip()
    for name in ("_func_words", "_func_lines", "_func_total", "_func_utc")
}  # name -> what it does, for the documentation


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif value not in _NONE:
            yield value


def _joined(between: str, values: Iterable[Any]) -> str | None:
    texts = [str(value).strip() for value in _flat(values) if isinstance(value, str | int | float)]
    return between.join(filter(None, texts)) or None


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `chain` are the keys where it only goes down objects, as most do: `a.b.c`."""

    text: str
    parsed: Any = field(repr=False, compare=False)
    chain: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def expression(text: str) -> Expression:
    """The expression of a text. Raises Unfit, which says where it breaks."""
    try:
        parsed = jmespath.compile(text).parsed
    except ParseError as error:
        place = getattr(error, "lex_position", None)
        what = f"at character {place + 1}" if isinstance(place, int) and place < len(text) else "at its end"
        raise Unfit(f"it is no JMESPath: it breaks {what}") from None
    except JMESPathError as error:
        raise Unfit(f"it is no JMESPath: {str(error).splitlines()[0]}") from None
    for name in _called(parsed):
        if name not in _FUNCTIONS.FUNCTION_TABLE:
            raise Unfit(f"there is no function {name}()")
    return Expression(text, parsed, _chain(parsed))


def _called(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if node.get("type") == "function_expression":
            yield node["value"]
        for child in node.get("children", ()):
            yield from _called(child)


def _chain(node: Any) -> tuple[str, ...]:
    if node["type"] not in _CHAIN:
        return ()
    if node["type"] == "field":
        return (node["value"],)
    inner = [_chain(child) for child in node["children"]]
    return tuple(step for steps in inner for step in steps) if all(inner) else ()


class Reader(TreeInterpreter):  # type: ignore[misc]
    """Evaluates expressions and notes every read that a value may have come from; conditions are none."""

    def __init__(self) -> None:
        super().__init__(Options(custom_functions=_FUNCTIONS))
        self._reads: list[Read] = []
        self._quiet = 0

    def value(self, wanted: Expression, scope: Any) -> tuple[Any, Sequence[Read]]:
        """What the expression gives, and the reads. Raises Unfit where a function cannot take what stands there."""
        if wanted.chain:
            return _followed(wanted.chain, scope)
        self._reads = []
        self._quiet = 0
        try:
            value = self.visit(wanted.parsed, scope)
        except JMESPathError:
            raise Unfit("a function cannot take what stands there") from None
        except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
            raise Unfit("it cannot be worked out on what stands there") from None
        return value, self._reads

    def visit_field(self, node: Any, value: Any) -> Any:
        if type(value) is not dict:
            return None
        if not self._quiet:
            self._reads.append((value, node["value"]))
        return value.get(node["value"])

    def visit_index(self, node: Any, value: Any) -> Any:
        found = super().visit_index(node, value)
        if found is not None and not self._quiet:
            self._reads.append((value, node["value"] % len(value)))
        return found

    def visit_filter_projection(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        found = []
        for entry in base:
            with self._as_condition():
                wanted = self._is_true(self.visit(node["children"][2], entry))
            if wanted and (current := self.visit(node["children"][1], entry)) is not None:
                found.append(current)
        return found

    def visit_comparator(self, node: Any, value: Any) -> Any:
        with self._as_condition():
            return super().visit_comparator(node, value)

    def visit_not_expression(self, node: Any, value: Any) -> Any:
        with self._as_condition():
            return super().visit_not_expression(node, value)

    def visit_and_expression(self, node: Any, value: Any) -> Any:
        with self._as_condition():
            first = self.visit(node["children"][0], value)
        return first if self._is_false(first) else self.visit(node["children"][1], value)

    @contextmanager
    def _as_condition(self) -> Any:
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1


def _followed(chain: Sequence[str], scope: Any) -> tuple[Any, Sequence[Read]]:
    reads: list[Read] = []
    for step in chain:
        if type(scope) is not dict:
            return None, reads
        reads.append((scope, step))
        scope = scope.get(step)
    return scope, reads


_FUNCTIONS: Final = _Functions()
