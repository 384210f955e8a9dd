"""Street and unit, each in its line: lines swapped, the recipient's name before the street, units in the wrong line."""

import re
from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.parsing.address import parse
from dq_service.recent import squeezed
from dq_service.reference.bundle import Reference

SURE: Final = 0.999  # nothing is lost, and no other reading is left
ENCLOSING: Final = frozenset({"BLDG", "FL", "LOT", "HNGR", "PIER"})  # they hold doors of their own (Pub. 28, C2)
_NUMBERED: Final = re.compile(r"\d+[A-Z]? .*[^\W\d]{2,}", re.IGNORECASE)  # a house number and a word


def marks(part: Part, context: Context) -> Sequence[str]:
    """What may stand in the wrong line; `()` where line 1 is a plain street."""
    line1, reference = part.text("line1"), context.reference
    if lines.is_plain_street(line1, reference):
        return ()
    line2 = part.text("line2")
    if len(line1) > lines.LONGEST or len(line2) > lines.LONGEST:
        return ()  # no address: address.marks tells of it
    if not line1:
        return ("line1_empty",) if line2 else ()
    found = ["lines"] if line2 or "," in line1 else []
    if lines.trailing_units(line1, reference):
        found.append("unit_inside")
    return found


def lines_swapped(part: Part, context: Context) -> Sequence[Observation]:
    """The unit stands in line 1 and the street in line 2, or line 1 is empty and line 2 is the street."""
    line1, line2 = part.text("line1"), part.text("line2")
    if not line2 or not _is_street(line2, context.reference):
        return ()
    if line1 and not (lines.is_unit(line1, context.reference) and not line1.replace("-", "").isdigit()):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], line1 or None, fields),)


def swapped_back(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The two lines in each other's place."""
    line1, line2 = part.text("line1"), part.text("line2")
    changes = {part.field("line1"): line2, part.field("line2"): line1 or None}
    return (Candidate(changes, SURE, "only line 2 is a street with its number", (part.field("line2"),)),)


def name_in_line1(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 repeats the recipient's name or company, and the street stands behind it or in line 2."""
    line1, line2 = part.text("line1"), part.text("line2")
    name, comma, rest = line1.partition(",")
    behind = comma and _is_street(rest.strip(), context.reference)
    street = rest.strip() if behind else line2
    if not line1 or not street or not (behind or _is_street(street, context.reference)):
        return ()
    if squeezed(name if behind else line1) not in _names(part):
        return ()
    fields = (part.field("line1"),) if behind else (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], line1, fields, street),)


def without_name(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The street in line 1; the name stands in its own field already."""
    changes: dict[str, Any] = dict.fromkeys(seen.fields) | {part.field("line1"): seen.clue}
    return (Candidate(changes, SURE, "the name stands in its own field", seen.fields),)


def _names(part: Part) -> set[str]:
    party = part.path.rpartition(".")[0]
    return {squeezed(part.order.text(f"{party}.{name}")) for name in ("name", "company")} - {""}


def _is_street(text: str, reference: Reference) -> bool:
    """Whether a line is a street with its number."""
    if lines.is_plain_street(text, reference):
        return True
    if lines.is_unit(text, reference) or lines.is_instruction(text) or not text[:1].isdigit():
        return False
    read = parse(text)
    return read.kind == "street" and read.confidence >= 0.9


def unit_twice(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with the unit that line 2 names."""
    line2 = part.text("line2")
    units = lines.trailing_units(part.text("line1"), context.reference)
    if not line2 or units is None:
        return ()
    if not lines.same_unit(units.text, line2, context.reference) and not _same_door(units.text, line2, context):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], part.text("line1"), fields, units),)


def unit_once(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The unit in line 2 alone, in the fuller of the two forms; only offered where the designators differ."""
    units, line2 = seen.clue, part.text("line2")
    if not lines.same_unit(units.text, line2, context.reference):
        line1 = part.field("line1")
        return (
            Candidate({line1: units.rest}, 0.6, "the unit of line 2"),
            Candidate({line1: units.rest, part.field("line2"): units.text}, 0.35, "the unit of line 1"),
        )
    fuller = (
        units.text
        if len(lines.unit_key(units.text, context.reference)) > len(lines.unit_key(line2, context.reference))
        else line2
    )
    changes = {part.field("line1"): units.rest, part.field("line2"): fuller}
    return (Candidate(changes, SURE, "both lines name the same unit", (part.field("line2"),)),)


def units_differ(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with one unit and line 2 names another of the same kind."""
    line1, line2 = part.text("line1"), part.text("line2")
    units = lines.trailing_units(line1, context.reference)
    if not line2 or units is None or not lines.is_unit(line2, context.reference):
        return ()
    one, other = lines.unit_key(units.text, context.reference), lines.unit_key(line2, context.reference)
    kinds = [next((word for word in key if context.reference.designators.standard(word)), "") for key in (one, other)]
    if lines.same_unit(units.text, line2, context.reference) or (kinds[0] != kinds[1] and not _one_level(kinds)):
        return ()  # a building in one line and a suite in the other are two parts of one unit
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[1], line2, fields, units),)


def _same_door(one: str, other: str, context: Context) -> bool:
    """Whether two units are one number under two designators of doors: `Ste 200` and `Apt 200`."""
    keys = [lines.unit_key(text, context.reference) for text in (one, other)]
    standard = context.reference.designators.standard
    return (
        all(len(key) == 2 and standard(key[0]) and key[0] not in ENCLOSING for key in keys)
        and keys[0][1] == keys[1][1]
        and any(map(str.isdigit, keys[0][1]))
    )


def _one_level(kinds: Sequence[str]) -> bool:
    """Whether two designators may be of the same door: a bare number or `#` is a door's, but none of a building's."""
    return ("#" in kinds or "" in kinds) and not ENCLOSING.intersection(kinds)


def either_unit(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Both units in line 2, so that none is lost; then line 2's alone, and line 1's."""
    units = seen.clue
    line1, line2 = part.field("line1"), part.field("line2")
    return (
        Candidate({line1: units.rest, line2: f"{units.text}, {part.text('line2')}"}, 0.5, "both units"),
        Candidate({line1: units.rest}, 0.25, "the unit of line 2"),
        Candidate({line1: units.rest, line2: units.text}, 0.2, "the unit of line 1"),
    )


def unit_inside(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with a unit, and line 2 is empty."""
    units = lines.trailing_units(part.text("line1"), context.reference)
    if units is None or part.text("line2"):
        return ()
    # A designator by its name tells a unit after anything with a number; `#` only after what reads as a street.
    numbered = bool(_NUMBERED.match(units.rest)) and not units.text.startswith("#")
    if not numbered and not _is_street(units.rest, context.reference):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], part.text("line1"), fields, units),)


def unit_apart(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The unit, whole, in line 2."""
    changes = {part.field("line1"): seen.clue.rest, part.field("line2"): seen.clue.text}
    return (Candidate(changes, SURE, "a designator stands before it and nothing after it", (seen.field,)),)
