"""The receipt of an order: every change made to what its sender wrote, by whom and why, each of them reversible.

The changes are RFC 6902 patches: applied in their order to the body as received they give the order sent on, and
their inverses, from the last to the first, give the body back exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from dq_service.engine.merge import same
from dq_service.intake.json_text import read
from dq_service.order import JSON, Order
from dq_service.service.fixes import REVERT
from dq_service.service.instants import instant_text
from dq_service.service.judging import laid, whole_first
from dq_service.store.kept import Fix, Kept, ReceiptLine

Operations = list[JSON]


def receipt(
    kept: Kept, received: JSON | None, lines: Sequence[ReceiptLine] = (), made: Mapping[int, JSON] | None = None
) -> JSON:
    """The receipt of the order as it stands.

    `received` is its last accepted body, parsed (None: no order came in), `lines` are all that were ever written of
    it, oldest first, and `made` says of each revision with which `rulebook`, `reference` and `publication` it was made
    (those of the result where it does not). `changes` come in the order in which they apply, `standing` true; those
    that were taken back or fell away since come after them, without patches.
    """
    result = read(kept.result)
    told = {**(made or {}), kept.revision: _made(result)}
    changes: list[JSON] = []
    patch: Operations = []
    inverse: Operations = []
    standing: set[str] = set()
    state = received
    for line, state_then in _standing(kept, received, result, lines):
        forth, back = list(difference(state, state_then)), list(difference(state_then, state))
        changes.append({**_change(line, told, kept.revision), "standing": True, "patch": forth, "inverse": back})
        patch += forth
        inverse = back + inverse
        standing.add(line.id)
        state = state_then
    patch += difference(state, result["order"])  # of a cancelled order whose sender has written since
    inverse = [*difference(result["order"], state), *inverse]
    fallen = (line for line in lines if line.id not in standing)
    changes += (
        {**_change(line, told, kept.revision), "standing": False, "patch": [], "inverse": []} for line in fallen
    )
    return {
        "id": kept.id,
        "received_id": kept.identity.received_id,
        "partner": kept.identity.partner,
        "account": kept.identity.account,
        "shipment_id": kept.identity.shipment_id,
        "revision": kept.revision,
        "lifecycle": kept.lifecycle,
        "rulebook": result["rulebook"],
        "reference": result["reference"],
        "publication": result.get("publication", {}),
        "received": received,
        "order": result["order"],
        "changes": changes,
        "patch": patch,
        "inverse": inverse,
    }


def difference(one: Any, other: Any, pointer: str = "") -> Iterator[JSON]:
    """The RFC 6902 operations that make the other of the one, exactly: `1`, `1.0` and `true` are not the same."""
    if type(one) is dict and type(other) is dict:
        for name in one:
            if name not in other:
                yield {"op": "remove", "path": _pointer(pointer, name)}
        for name, value in other.items():
            if name in one:
                yield from difference(one[name], value, _pointer(pointer, name))
            else:
                yield {"op": "add", "path": _pointer(pointer, name), "value": value}
    elif type(one) is list and type(other) is list:
        for place in range(len(one) - 1, len(other) - 1, -1):
            yield {"op": "remove", "path": _pointer(pointer, place)}
        for place, value in enumerate(other):
            if place < len(one):
                yield from difference(one[place], value, _pointer(pointer, place))
            else:
                yield {"op": "add", "path": _pointer(pointer, place), "value": value}
    elif not same(one, other):
        yield {"op": "replace", "path": pointer, "value": other}


def _pointer(pointer: str, step: str | int) -> str:
    """A JSON Pointer (RFC 6901) with one more step."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _standing(
    kept: Kept, received: JSON | None, result: JSON, lines: Sequence[ReceiptLine]
) -> Iterator[tuple[ReceiptLine, JSON]]:
    """Every change that stands, as its line, with the order as it is after it.

    What has no place in a body that was not judged any more (the order was cancelled) is left out.
    """
    if received is None or kept.sent is None or result["order"] is None:
        return

    def new(field: str, before: Any, after: Any, evidence: str, who: str) -> ReceiptLine:
        parts = field, before, after, "", None, evidence, who, kept.changed_at
        return ReceiptLine("", kept.id, kept.revision, 0, *parts)

    state = received
    for name, value in kept.sent.items():  # only where list entries were filled in
        if not same(received.get(name), value):
            state = {**state, name: value}
            yield (
                new(name, received.get(name), value, "said by an earlier body; list entries left it out", "sender"),
                state,
            )
    for fix in whole_first(kept.fixes):
        with suppress(ValueError):
            then = laid(state, {fix.field: fix})
            if not same(then, state):  # a field that is only to be left alone is no change
                before = Order(state).at(fix.field)
                line = _line_of_fix(fix, lines) or new(fix.field, before, fix.value, fix.reason, fix.by)
                state = then
                yield replace(line, field=fix.field, before=before, after=fix.value), state
    for repair in [] if "order_if_applied" in result else result["repairs"]:  # in shadow none was applied
        for change in repair["changes"]:
            field, before, after = change["field"], change["before"], change["after"]
            line = _line_of(repair["rule"], change, lines) or new(field, before, after, repair["evidence"], "machine")
            with suppress(ValueError):
                state = Order(state).replacing({field: after}).json
                yield replace(line, rule=repair["rule"], confidence=repair["confidence"]), state


def _line_of(rule: str, change: JSON, lines: Sequence[ReceiptLine]) -> ReceiptLine | None:
    """The newest line that tells a change of the machine's."""
    for line in reversed(lines):
        told = (line.rule, line.field) == (rule, change["field"]) and line.reverted_at is None
        if told and same(line.before, change["before"]) and same(line.after, change["after"]):
            return line
    return None


def _line_of_fix(fix: Fix, lines: Sequence[ReceiptLine]) -> ReceiptLine | None:
    """The line that tells a person's fix; its field may have moved since.

    Where something was taken back, what earlier repairs had made of the fields was kept: those lines tell it.
    """
    for line in reversed(lines):
        by_person = not line.rule and (line.at, line.who) == (fix.at, fix.by)
        by_machine = fix.reason == REVERT and bool(line.rule) and line.field == fix.field
        if line.reverted_at is None and (by_person or by_machine) and same(line.after, fix.value):
            return line
    return None


def _change(line: ReceiptLine, told: Mapping[int, JSON], revision: int) -> JSON:
    reverted = line.reverted_at and {"at": instant_text(line.reverted_at), "by": line.reverted_by}
    return {
        "id": line.id or None,
        "field": line.field,
        "before": line.before,
        "after": line.after,
        "rule": line.rule or None,
        "confidence": line.confidence,
        "evidence": line.evidence,
        "who": line.who,
        "at": instant_text(line.at),
        "revision": line.revision,
        **told.get(line.revision, told[revision]),
        "reverted": reverted,
    }


def _made(result: JSON) -> JSON:
    return {
        "rulebook": result["rulebook"],
        "reference": result["reference"],
        "publication": result.get("publication", {}),
    }
