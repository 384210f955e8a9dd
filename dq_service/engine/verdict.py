"""What an inspection comes to: findings in words, the score, the verdict, and what the caller does now."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from dq_service.context import Context
from dq_service.engine.plan import Bound, Plan, weights
from dq_service.finding import DIMENSIONS, Candidate, Dimension, Finding, Observation, Outcome, Severity, Suggestion
from dq_service.order import Order, Part
from dq_service.parsing.private_text import MASK, without_codes
from dq_service.result import Action, Hold, Score, Verdict

BLOCKING: Final = frozenset({"open", "suggested"})  # outcomes that keep an order when the rule is an error
STANDING: Final = BLOCKING | {"shadowed"}  # outcomes that leave the order as wrong as it came
SECRET: Final = frozenset({"access_code"})
_SHOWN = 60  # characters of a value in a message
# Fields whose text may tell a code: a message must not repeat it.
_TELLING: Final = frozenset({"line1", "line2", "instructions", "gift_message", "name", "company", "city"})
_DIGIT: Final = re.compile(r"\d").search
_NAME = re.compile(r"\{(\w+)\}")


def finding_of(
    bound: Bound, part: Part, seen: Observation, outcome: Outcome, suggestions: tuple[Suggestion, ...]
) -> Finding:
    """An observation in the words of its rule."""
    rule = bound.rule
    field, fields = seen.field, seen.fields
    return Finding(
        rule.code,
        rule.name,
        field,
        fields if field in fields else (field, *fields),
        rule.dimension,
        bound.severity,
        outcome,
        rule.cause,
        message_of(rule.message, seen, part.order),
        seen.value,
        suggestions,
        bound.note,
    )


def suggestion_of(candidate: Candidate, confidence: float) -> Suggestion:
    """A candidate that is offered, not applied."""
    return Suggestion(dict(candidate.changes), round(confidence, 4), candidate.evidence)


def caused(finding: Finding, profiled: Collection[str]) -> Finding:
    """The finding, with its cause told where the profile answers for its field rather than the partner.

    That of a whole part that is missing (an address) is the profile's where it answers for anything below it.
    """
    field = finding.field
    if finding.cause == "partner" and any(
        field == one
        or field.startswith((f"{one}.", f"{one}["))
        or (finding.value in (None, "") and one.startswith((f"{field}.", f"{field}[")))
        for one in profiled
    ):
        return replace(finding, cause="profile")
    return finding


def finding_missed(bound: Bound, part: Part | None) -> Finding:
    """The finding of a rule that applies and was not evaluated; SYS001 where it broke, at `part`."""
    rule = bound.rule
    field = part.path if part and part.path else next(iter(rule.applies_to), "")
    field = field if field and "*" not in field else "order_id"
    if part is None:
        code, name, message = rule.code, rule.name, f"{rule.code} {rule.name} could not be asked"
    else:
        code, name, message = "SYS001", "rule-broke", f"rule {rule.code} {rule.name} broke on this order"
    return Finding(code, name, field, (field,), rule.dimension, bound.severity, "not_evaluated", "engine", message)


def message_of(template: str, seen: Observation, order: Order) -> str:
    """Fills in `{value}`, `{field}` (its path) and the last names of the finding's fields, or of their neighbours.

    Long values are cut, secret ones hidden.
    """

    pieces = _pieces(template)
    if len(pieces) == 1:
        return template
    message = "".join([_filled(piece, seen, order) if at % 2 else piece for at, piece in enumerate(pieces)])
    telling = seen.field.rpartition(".")[2] in _TELLING and _DIGIT(message)  # a code has digits
    return without_codes(message) if telling else message


@lru_cache(maxsize=1024)
def _pieces(template: str) -> list[str]:
    """The text of a message and the names in it, in turn."""
    return _NAME.split(template)


def _filled(name: str, seen: Observation, order: Order) -> str:
    if name == "value":
        return MASK if seen.field.rpartition(".")[2] in SECRET else shown(seen.value)
    if name == "field":
        return seen.field
    for path in (seen.field, *seen.fields):
        if path.rpartition(".")[2] == name:
            return shown(order.at(path))
    return shown(order.at(f"{seen.field.rpartition('.')[0]}.{name}".lstrip(".")))


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@lru_cache(maxsize=4096)
def score_of(plan: Plan, asked: int, missing: frozenset[str], failed: frozenset[str]) -> Score:
    """1 − Σ weight of failed ÷ Σ weight of applicable and evaluated rules, by dimension; None where none applies.

    `asked` are the bits of the groups whose part was there. Remembered, since most orders fail in few ways.
    """
    codes, totals = _applicable(plan, asked, missing)
    lost = weights(plan, failed & codes)
    score: dict[str, float | None] = {"overall": None}
    reached = total = 0.0
    for dimension in DIMENSIONS:
        weight = plan.dimensions[dimension]
        share = score[dimension] = round(1 - lost[dimension] / totals[dimension], 4) if totals[dimension] else None
        if share is not None:
            reached += share * weight
            total += weight
    if total:
        score["overall"] = round(reached / total, 4)
    return score


@lru_cache(maxsize=1024)
def _applicable(plan: Plan, asked: int, missing: frozenset[str]) -> tuple[frozenset[str], Mapping[Dimension, int]]:
    groups = (group for group in plan.groups if group.bit & asked)
    codes = plan.everywhere.union(bound.rule.code for group in groups for bound in group.rules) - missing
    return codes, weights(plan, codes)


def verdict_of(said: Iterable[tuple[Severity, Outcome]], *, incomplete: bool, changed: bool) -> Verdict:
    """The truth about the data; the first that holds."""
    if any(severity == "error" and outcome in BLOCKING for severity, outcome in said):
        return "review"
    return "incomplete" if incomplete else "repaired" if changed else "clean"


def action_of(
    verdict: Verdict, findings: Sequence[Finding], held_back: Collection[str], order: Order, context: Context
) -> tuple[Action, Hold | None]:
    """What the partner's policy makes of a verdict; `held_back` are the codes that are never released unmended, where
    the policy names none.
    """
    policy = context.partner.policy
    if context.partner.shadow and verdict != "rejected":
        action: Action = policy.shadow
    elif verdict == "review":
        action = policy.review
    elif verdict == "incomplete":
        action = policy.incomplete
    else:
        action = policy.rejected if verdict == "rejected" else "release"
    if action != "hold":
        return action, None
    reasons = [finding for finding in findings if finding.severity == "error" and finding.outcome in BLOCKING]
    then = policy.then
    kept = held_back if policy.never_release is None else policy.never_release
    if then == "release" and any(finding.rule in kept for finding in reasons):
        then = "escalate"
    why = "; ".join(dict.fromkeys(finding.message for finding in reasons[:3])) or verdict
    return action, Hold(instant_text(_hold_end(order, context)), then, why)


def _hold_end(order: Order, context: Context) -> datetime:
    """The earliest of hold_max, the order's respond_by and the partner's next cut-off."""
    partner = context.partner
    ends = [context.as_of + partner.policy.hold_max]
    respond_by = order.text("respond_by")
    try:
        asked = datetime.fromisoformat(respond_by) if respond_by else None
    except ValueError:
        asked = None
    if asked is not None and asked.tzinfo is not None:
        ends.append(asked)
    if partner.cut_off:
        zone = ZoneInfo(partner.timezone or "UTC")
        local = context.as_of.astimezone(zone)
        end = datetime.combine(local.date(), partner.cut_off, zone)
        ends.append(end if end > context.as_of else end + timedelta(days=1))
    return max(context.as_of, min(ends))


@lru_cache(maxsize=64)
def instant_text(instant: datetime) -> str:
    """ISO 8601 in UTC, to the second, with Z."""
    return instant.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
