"""What people put into an order's fields: fixed, taken back, and carried over to what its sender sends next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from dq_service.engine.merge import Conflict, Merged, alike, merge, same
from dq_service.fields import join, parse_path
from dq_service.finding import Finding, Suggestion
from dq_service.intake.json_text import read
from dq_service.order import JSON, Order
from dq_service.service.commands import Correct, Moment, Refused, Revert
from dq_service.service.judging import Basis, judge, laid
from dq_service.service.telling import findings_in
from dq_service.store.kept import Fix, Kept, Note, ReceiptLine, Step

OVERTAKEN: Final = "SYS004"
REVERT: Final = "revert"  # the reason of a fix that takes something back
_NO_PLACE: Final = "the order has no place for such a field"
_EVEN: Final = 0.5  # the person knew something, and so does the sender: nobody can say who is right


@dataclass(frozen=True, slots=True)
class Carried:
    """The sender's side after a further body, the fixes that still hold, and what is to be said of the others."""

    sent: JSON
    fixes: Mapping[str, Fix]
    filled: bool
    noted: tuple[Finding, ...]


def merged(kept: Kept, theirs: JSON, now: datetime) -> Carried:
    """A further body of an order merged with what we have. Fixes follow their list entries to their new places."""
    base = kept.sent if kept.sent is not None else {}
    alone = merge(base, base, theirs)
    both = merge(base, laid(base, kept.fixes), theirs) if kept.fixes else alone
    sent = alone.order
    fixes: dict[str, Fix] = {}
    for path, fix in kept.fixes.items():
        place = both.place_of(path)
        value = None if place is None else _value(both.order, place)
        if place is None or (
            not same(value, _told(fix.value)) and not _part_stays(value, fix.value, _value(sent, place))
        ):
            continue
        fixes[place] = replace(fix, field=place, value=fix.value if value is None else value)
    overtaken = tuple(_overtaken(both, conflict) for conflict in both.conflicts)
    standing = (moved for finding in overtaken_in(kept) if (moved := _still(finding, both)) is not None)
    told = {finding.field for finding in overtaken}
    noted = (*overtaken, *(finding for finding in standing if finding.field not in told))
    return Carried(sent, fixes, not same(sent, theirs), noted)


def correct(kept: Kept, command: Correct, moment: Moment) -> Step:
    """A person's values are put in. They stay until the sender really changes these fields. Raises Refused."""
    order = Order(_sent_on(kept))
    _check_paths(command.changes)
    made = [
        Fix(path, value, order.at(path), command.by, moment.now, command.reason)
        for path, value in command.changes.items()
    ]
    lines = [
        ReceiptLine(
            moment.new_id("chg"), kept.id, 0, 0, fix.field, fix.before, fix.value, "", None, fix.reason, fix.by, fix.at
        )
        for fix in made
        if not same(_told(fix.value), fix.before)
    ]
    note = _note("order.fix", kept, command.by, command.reason, list(command.changes), moment)
    basis = replace(Basis.of(kept), fixes=_with(kept.fixes, made))
    _check_fields(basis)
    return judge(
        kept, basis, "correction", moment, noted=_left(kept, command.changes), lines=lines, notes=[note] if made else []
    )


def check_changes(kept: Kept, changes: Mapping[str, Any], now: datetime) -> None:
    """Raises Refused for changes that have no place in the order; nothing is judged and nothing changes."""
    _sent_on(kept)
    _check_paths(changes)
    made = [Fix(path, value, None, "", now) for path, value in changes.items()]
    _check_fields(replace(Basis.of(kept), fixes=_with(kept.fixes, made)))


def revert(kept: Kept, command: Revert, moment: Moment) -> Step:
    """A change is taken back, or all of the machine's; what stood there stays from now on. Raises Refused.

    A repair is taken back whole, and with it later ones that built on it; what earlier ones had moved elsewhere stays.
    """
    result = read(kept.result)
    repairs: list[JSON] = [] if "order_if_applied" in result else result["repairs"]
    if command.machine:
        pins = _undone(repairs, set(range(len(repairs))))
        taken = {
            id_ for repair in repairs for change in repair["changes"] for id_ in _line_ids(command, repair, change)
        }
    else:
        pins, taken = _one_undone(kept, command, repairs)
    if not pins:
        return Step(kept, kept)
    now = Order(_sent_on(kept))
    made = [Fix(path, value, now.at(path), command.by, moment.now, REVERT) for path, value in pins.items()]
    reverted = [
        replace(line, reverted_at=moment.now, reverted_by=command.by) for line in command.lines if line.id in taken
    ]
    note = _note("order.revert", kept, command.by, command.reason, list(pins), moment)
    basis = replace(Basis.of(kept), fixes=_with(kept.fixes, made))
    return judge(kept, basis, "revert", moment, noted=_left(kept, pins), reverted=reverted, notes=[note])


def overtaken_in(kept: Kept) -> Iterator[Finding]:
    """The findings of fixes that the sender overtook, of which no person has decided yet."""
    if OVERTAKEN.encode() in kept.result:  # or it need not be read
        yield from (finding for finding in findings_in(read(kept.result)) if finding.rule == OVERTAKEN)


def _one_undone(kept: Kept, command: Revert, repairs: Sequence[JSON]) -> tuple[dict[str, Any], set[str]]:
    line = next((line for line in command.lines if line.id == command.change), None)
    if line is None:
        raise Refused("unknown", "this order has no such change")
    if line.reverted_at is not None:
        return {}, set()
    if not line.rule:
        for fix in kept.fixes.values():
            if (fix.at, fix.by) == (line.at, line.who) and same(fix.value, line.after) and fix.reason != REVERT:
                return {fix.field: line.before}, {line.id}
        raise Refused("older", "that change does not stand any more")
    for place, repair in enumerate(repairs):
        if any(line.id in _line_ids(command, repair, change) for change in repair["changes"]):
            later = _built_on(repairs, place)
            pins = {**_supports(repairs, place, Order(_sent_on(kept))), **_undone(repairs, later)}
            taken = {
                id_
                for one in later
                for change in repairs[one]["changes"]
                for id_ in _line_ids(command, repairs[one], change)
            }
            return pins, taken
    raise Refused("older", "that change does not stand any more")


def _fields(repair: JSON) -> set[str]:
    return {change["field"] for change in repair["changes"]}


def _built_on(repairs: Sequence[JSON], place: int) -> set[int]:
    """A repair and the later ones that share a field with it, or with one of these."""
    found, fields = {place}, _fields(repairs[place])
    for later in range(place + 1, len(repairs)):
        if fields & _fields(repairs[later]):
            found.add(later)
            fields |= _fields(repairs[later])
    return found


def _supports(repairs: Sequence[JSON], place: int, now: Order) -> dict[str, Any]:
    """What earlier repairs had moved out of this one's fields, with its value now: it would be lost, else."""
    pins: dict[str, Any] = {}
    fields = _fields(repairs[place])
    for earlier in range(place - 1, -1, -1):
        if fields & _fields(repairs[earlier]):
            fields |= _fields(repairs[earlier])
            pins.update((path, now.at(path)) for path in _fields(repairs[earlier]))
    return pins


def _undone(repairs: Sequence[JSON], places: set[int]) -> dict[str, Any]:
    """For each field of these repairs what stood there before the first of them."""
    pins: dict[str, Any] = {}
    for place in sorted(places):
        for change in repairs[place]["changes"]:
            pins.setdefault(change["field"], change["before"])
    return pins


def _line_ids(command: Revert, repair: JSON, change: JSON) -> Iterator[str]:
    """The lines of the receipt that tell this change."""
    for line in command.lines:
        told = (line.rule, line.field) == (repair["rule"], change["field"]) and line.reverted_at is None
        if told and same(line.before, change["before"]) and same(line.after, change["after"]):
            yield line.id


def _with(fixes: Mapping[str, Fix], made: Sequence[Fix]) -> dict[str, Fix]:
    """Fixes with newer ones: one for a whole takes the place of those for its parts."""
    out = dict(fixes)
    for fix in made:
        for path in [path for path in out if path == fix.field or _within(path, fix.field)]:
            del out[path]
        out[fix.field] = fix
    return out


def _check_paths(paths: Iterable[str]) -> None:
    """Raises Refused for what is no path of one field."""
    for path in paths:
        try:
            steps = parse_path(path)
        except ValueError:
            steps = ("*",)
        if "*" in steps:
            raise Refused("unknown", _NO_PLACE)


def _check_fields(basis: Basis) -> None:
    """Raises Refused where a fix has no place in the order: below a text, or past the end of a list."""
    try:
        basis.order()
    except ValueError:
        raise Refused("unknown", _NO_PLACE) from None


def _left(kept: Kept, decided: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What is still to be said of overtaken fixes when a person has decided about these fields."""
    return tuple(
        finding
        for finding in overtaken_in(kept)
        if not any(
            path == finding.field or _within(path, finding.field) or _within(finding.field, path) for path in decided
        )
    )


def _within(path: str, whole: str) -> bool:
    return path.startswith((f"{whole}.", f"{whole}["))


def _overtaken(both: Merged, conflict: Conflict) -> Finding:
    """The finding of a field that a person had fixed and the sender then changed to something else."""
    field, ours = conflict.field, conflict.ours
    if conflict.theirs is None and isinstance(Order(both.order).at(field), list):  # an entry that was taken out
        entries = Order(both.order).at(field)
        place = join(field, len(entries)) if isinstance(ours, dict) else field
    else:
        place = field
    suggestion = Suggestion(dict(_leaves(place, ours)), _EVEN, "a person had put this in")
    message = "its sender has changed what a person had corrected"
    suggestions = (suggestion,) if suggestion.changes else ()
    return Finding(
        OVERTAKEN, "fix-overtaken", field, (field,), "consistency", "error",
        "suggested" if suggestions else "open", "partner", message, conflict.theirs, suggestions,
    )  # fmt: skip


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value field by field, as suggestions give it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(join(path, name), inner)
    else:
        yield path, value


def _still(finding: Finding, both: Merged) -> Finding | None:
    """An overtaken fix of before, where its field stands now; None once the sender has changed it again."""
    place = both.place_of(finding.field)
    if place is None or not alike(_value(both.order, place), finding.value):
        return None
    return finding if place == finding.field else replace(
        finding, field=place, fields=(place,),
        suggestions=tuple(
            replace(one, changes={place + path[len(finding.field):]: value for path, value in one.changes.items()})
            for one in finding.suggestions
        ),
    )  # fmt: skip


def _part_stays(value: Any, fixed: Any, sent: Any) -> bool:
    """Whether of a whole that a person put in the sender has changed only parts."""
    return type(value) is type(fixed) and isinstance(value, dict | list) and not same(value, sent)


def _value(order: JSON, path: str) -> Any:
    return Order(order).at(path)


def _told(value: Any) -> Any:
    return None if value == "" else value


def _sent_on(kept: Kept) -> JSON:
    order: JSON | None = read(kept.result)["order"]
    if order is None:
        raise Refused("unknown", "what came in was no order; it has no fields")
    return order


def _note(action: str, kept: Kept, by: str, reason: str, fields: list[str], moment: Moment) -> Note:
    detail = {"fields": fields, "reason": reason, "revision": kept.revision}
    return Note(moment.now, by, action, kept.id, kept.identity.partner, detail)
