"""Whether a field of the order says what parts of the payload say, so that they need not be kept besides."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from dq_service.intake.expression import Read
from dq_service.intake.rows import field_value, plain

NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_BETWEEN: Final = " ,;\nZ"  # what stands between joined parts, or says that a time is of UTC: nobody made that up
MOST: Final = 300
_BLANKS: Final = re.compile(r"[\s_-]+")


def at(holder: Any, step: str | int) -> Any:
    """What was read."""
    if type(holder) is dict:
        return holder.get(step)
    return holder[step]


def leaves_of(reads: Sequence[Read]) -> list[Read]:
    """The reads that ended at a single value; of a list of such values each of them."""
    found: list[Read] = []
    for holder, step in reads:
        value = at(holder, step)
        if type(value) is list:
            found += [(value, place) for place, one in enumerate(value) if type(one) not in (dict, list)]
        elif type(value) is not dict and value not in NOTHING:
            found.append((holder, step))
    return found


def said_by(value: Any, leaves: Sequence[Read]) -> tuple[list[Read], bool]:
    """The leaves whose value a field says, and whether the field says nothing else: else the profile made it.

    What was made of more than `MOST` leaves is not looked through: they are kept besides, all of them.
    """
    if len(leaves) > MOST:
        return [], False
    values = value if type(value) is list else [value]
    said: list[Read] = []
    left = [text_of(one) for one in values]
    for holder, step in leaves:
        text = text_of(at(holder, step))
        for place, (one, rest) in enumerate(zip(values, left, strict=True)):
            if rest and _same(one, at(holder, step)):
                said.append((holder, step))
                left[place] = ""
                break
            if type(one) is str and text and text in one:
                said.append((holder, step))
                left[place] = rest.replace(text, "", 1)
                break
    return said, not any(rest.strip(_BETWEEN) for rest in left)


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same: equal, or the same number, flag or text in another type."""
    if type(one) is type(other):
        return bool(one == other)
    first, second = text_of(one).casefold(), text_of(other).casefold()
    if first == second:
        return True
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return type(one) is bool and fitting(other, "source.test") is one


def text_of(value: Any) -> str:
    """A value as text."""
    if type(value) is bool:
        return "true" if value else "false"
    return "" if value is None else value.strip() if type(value) is str else str(value)


def fitting(value: Any, pattern: str) -> Any:
    """A value as the field's kind wants it: `"199.00"` is 199.0 in a price, 1001 is `"1001"` in an id."""
    if type(value) is list:
        return [fitting(one, pattern) for one in value if one not in NOTHING]
    return plain(value) if type(value) is dict else field_value(value, pattern)


def word_of(value: Any) -> str:
    """A value as the words of a map are compared: without case, spaces, hyphens and underscores."""
    return _BLANKS.sub("", text_of(value)).casefold()


def words_of(words: Mapping[str, Any]) -> Mapping[str, Any]:
    """The words of a map as they are compared, and what each means."""
    return {word_of(word): meant for word, meant in words.items()}
