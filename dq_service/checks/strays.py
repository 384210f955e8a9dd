"""Words for the driver in the lines of an address: a label cuts them off, a geocoder stumbles over them."""

from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import access_codes, lines, words_in_line
from dq_service.parsing.contact_text import in_address_line
from dq_service.parsing.country import country_of
from dq_service.parsing.customer import side_of
from dq_service.parsing.words_in_line import Split

_LINES: Final = ("line1", "line2")


def marks(part: Part, context: Context) -> Sequence[str]:
    """What the lines hold besides the address: `code` (an access code), `words` (an instruction), `way_in` (a gate,
    door, dock or bay with its number); nothing for a plain street with its unit.
    """
    found: Sequence[str] = ()
    for name in _LINES:
        if not 2 <= len(part.text(name)) <= lines.LONGEST:
            continue
        kind = _holds(part, name, context)
        if kind:
            found = (*found, kind)
    return found


def in_line(part: Part, context: Context, *, what: str) -> Sequence[Observation]:
    """The lines that hold `what`: code, words or way_in."""
    return tuple(
        Observation(
            part.field(name),
            part.text(name) if what != "code" else None,  # no report repeats a code
            (part.field(name), "instructions", *(["access_code"] if what == "code" else [])),
            name,
        )
        for name in _LINES
        if _holds(part, name, context) == what
    )


def into_instructions(seen: Observation, part: Part, context: Context, *, likely: float) -> Sequence[Candidate]:
    """The line without the words, and the words behind the instructions that are there; a code in its own field."""
    if not _customers(part):
        return ()
    name = seen.clue
    split = _split(part, name, context)
    if split is None:
        return ()
    changes: dict[str, Any] = {seen.field: split.address or None}
    there = part.order.text("instructions")
    if split.words.casefold() not in there.casefold():
        changes["instructions"] = f"{there.rstrip(' .')}. {split.words}" if there else split.words
    codes = access_codes.given(split.words)
    if len(codes) == 1 and not part.order.text("access_code"):
        changes["access_code"] = codes[0]
    return (Candidate(changes, likely, "words for the driver, no part of an address"),)


def code_in_line(part: Part, context: Context) -> Sequence[Observation]:
    """An access code in a line of the customer's address, alone of its kind, that its own field lacks."""
    if not _customers(part) or part.order.at("access_code") is not None:
        return ()
    found = [(name, code) for name in _LINES if _holds(part, name, context) == "code" for code in _codes(part, name)]
    if len({access_codes.bare(code) for _, code in found}) != 1:
        return ()
    return (Observation("access_code", None, ("access_code",), found[0]),)  # no report repeats a code


def code_copied(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The code in its own field too; the line stays as it is."""
    name, code = seen.clue
    return (Candidate({seen.field: code}, None, "an access code in an address line", (part.field(name),)),)


def _codes(part: Part, name: str) -> Sequence[str]:
    return access_codes.given(part.text(name))


def _holds(part: Part, name: str, context: Context) -> str:
    """What a line holds besides the address, in one word; `""` where there is nothing."""
    text = part.text(name)
    reference = context.reference
    if len(text) < 2 or words_in_line.is_silent(text):
        return ""
    if lines.is_plain_street(text, reference) or lines.is_unit(text, reference):
        return ""
    street = name == "line1"
    if words_in_line.code(text, reference, street=street) is not None:
        return "code"
    if words_in_line.instruction(text, reference, street=street) is not None:
        contact = in_address_line(text, country_of(part, reference), reference.area_codes)
        # A phone or an e-mail address with no more than words of calling is another rule's to move.
        return "words" if contact is None or words_in_line.instruction(contact.rest, reference, street=street) else ""
    return "way_in" if words_in_line.way_in(text, reference) is not None else ""


def _split(part: Part, name: str, context: Context) -> Split | None:
    text, reference, street = part.text(name), context.reference, name == "line1"
    return (
        words_in_line.instruction(text, reference, street=street)
        or words_in_line.code(text, reference, street=street)
        or words_in_line.way_in(text, reference)
    )


def _customers(part: Part) -> bool:
    """Whether the order's instructions are for this address."""
    return part.path == f"{side_of(part.order)}.address"
