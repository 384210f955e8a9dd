"""Two values of a field beside each other, character by character, with what is invisible made visible."""

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from dq_service.finding import Change
from dq_service.result import Result

_NAMES: Final = {
    "\t": "‹tab›",
    "\n": "‹line›",
    "\r": "‹return›",
    "\u00a0": "‹nbsp›",
    "\u00ad": "‹soft hyphen›",
    "\u200b": "‹zero width›",
    "\u200d": "‹joiner›",
    "\u2060": "‹word joiner›",
    "\ufeff": "‹bom›",
}
_UNSEEN: Final = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs")  # general categories (Unicode 4.5)
_MARKS: Final = ("Mn", "Me")  # accents beside their letter: seen only where the letter has a form of its own


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one side of a difference; `changed` where the other side has something else."""

    text: str
    changed: bool


def visible(value: Any) -> list[str]:
    """The characters of a value, each as something that can be seen; `(empty)` where there is none."""
    if value is None or value == "":
        return ["(empty)"]
    text = value if isinstance(value, str) else _written(value)
    unseen = _UNSEEN if unicodedata.is_normalized("NFC", text) else _UNSEEN + _MARKS
    cells = []
    for place, sign in enumerate(text):
        if sign in _NAMES:
            cells.append(_NAMES[sign])
        elif sign == " ":
            alone = 0 < place < len(text) - 1 and text[place - 1] != " " and text[place + 1] != " "
            cells.append(" " if alone else "␣")
        elif unicodedata.category(sign) in unseen:
            cells.append(f"‹U+{ord(sign):04X}›")
        else:
            cells.append(sign)
    return cells


def shown(value: Any) -> str:
    """A value on one line, with what is invisible made visible."""
    return "".join(visible(value))


def beside(before: Any, after: Any) -> tuple[Any, Any]:
    """Two values as they can be told apart: where only one of them is text, the text stands in quotes."""
    if before is None or after is None or isinstance(before, str) == isinstance(after, str):
        return before, after
    return _quoted(before), _quoted(after)


def difference(before: Any, after: Any) -> tuple[list[Stretch], list[Stretch]]:
    """Both sides in runs. Where little is alike, each side is one changed run: a patchwork reads worse."""
    from difflib import SequenceMatcher

    old, new = visible(before), visible(after)
    if before in (None, "") or after in (None, ""):
        return [Stretch("".join(old), True)], [Stretch("".join(new), True)]
    matched = SequenceMatcher(None, old, new, autojunk=False)
    if matched.ratio() < 0.4:
        return [Stretch("".join(old), True)], [Stretch("".join(new), True)]
    left, right = [], []
    for kind, start, end, other_start, other_end in matched.get_opcodes():
        changed = kind != "equal"
        left.append(Stretch("".join(old[start:end]), changed))
        right.append(Stretch("".join(new[other_start:other_end]), changed))
    return [run for run in left if run.text], [run for run in right if run.text]


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field of an order as it came and as it goes on, and the rules that changed it."""

    field: str
    before: Any
    after: Any
    rules: tuple[str, ...]


def differences(result: Result) -> list[FieldDifference]:
    """The fields that repairs changed, each once: its first value and its last, in the order of the repairs."""
    first: dict[str, Change] = {}
    last: dict[str, Change] = {}
    rules: dict[str, list[str]] = {}
    for repair in result.repairs:
        for change in repair.changes:
            first.setdefault(change.field, change)
            last[change.field] = change
            rules.setdefault(change.field, []).append(repair.rule)
    return [
        FieldDifference(
            field,
            *beside(first[field].before, last[field].after),
            tuple(dict.fromkeys(rules[field])),
        )
        for field in first
    ]


def _quoted(value: Any) -> Any:
    return f'"{value}"' if isinstance(value, str) and value else value


def _written(value: Any) -> str:
    import orjson

    return str(value) if isinstance(value, int) and not isinstance(value, bool) else orjson.dumps(value).decode()
