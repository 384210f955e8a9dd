"""What the queue keeps of an order in review: made with each revision, gone when it leaves. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from dq_service.engine.verdict import BLOCKING
from dq_service.finding import Finding
from dq_service.intake.json_text import read
from dq_service.order import Order
from dq_service.parsing.private_text import without_codes
from dq_service.service.commands import Moment
from dq_service.service.reviews.ranking import rank_of, seconds_of
from dq_service.service.telling import Said, announced, findings_in, review_id
from dq_service.store.in_review import IN_REVIEW, Item
from dq_service.store.kept import Kept, Step

_LONGEST: Final = 200  # characters of the line that says what is the matter
_LONGEST_KIND: Final = 800  # bytes
_PLACES: Final = re.compile(r"\[\d+\]")
_SEARCHED: Final = 600  # characters that a search looks at
_FIELDS: Final = (
    "order_id", "shipment_id", "references.po", "references.tracking_number", "ship_to.name", "ship_to.company",
    "ship_to.phone", "ship_to.email", "ship_to.address.line1", "ship_to.address.line2", "ship_to.address.city",
    "ship_to.address.state", "ship_to.address.postal_code", "ship_from.name", "ship_from.company",
)  # fmt: skip


def order_id(review: str) -> str:
    """The order of a review; of what is none, the id of no order."""
    prefix, _, rest = review.partition("_")
    return f"ord_{rest}" if prefix == "rev" else ""


def in_review(step: Step, moment: Moment) -> Step:
    """The step with the order's item, where it is in review; that it entered it is announced."""
    after, before = step.after, step.before
    if after.lifecycle not in IN_REVIEW or after is before:
        return step
    entered = before is None or before.lifecycle not in IN_REVIEW
    if step.told is None and not entered:
        return step
    step = replace(step, item=item_of(after, moment.priority))
    return saying(step, [("review.opened", {"review": review_id(after.id)})], moment) if entered else step


def saying(step: Step, said: list[Said], moment: Moment) -> Step:
    """The step with further events, after its own."""
    after = replace(step.after, events=step.after.events + len(said))
    events = announced(after, said, step.after.events, moment)
    return replace(step, after=after, events=(*step.events, *events))


def item_of(kept: Kept, priority: float = 1.0) -> Item:
    """The item of an order in review."""
    result = read(kept.result)
    findings = tuple(findings_in(result))
    keeping = [finding for finding in findings if finding.outcome in BLOCKING]
    errors = [finding for finding in keeping if finding.severity == "error"]
    shown = errors or keeping or list(findings)
    seconds = seconds_of(findings)
    due_at, then = (kept.hold.until, kept.hold.then) if kept.hold else (None, "")
    escalated = kept.hold is not None and kept.hold.escalated
    order = Order(result["order"] or {})
    rules = tuple(dict.fromkeys((finding.rule, _PLACES.sub("[*]", finding.field)) for finding in shown))
    return Item(
        state="waiting" if kept.lifecycle == "waiting" else "held",
        revision=kept.revision,
        due_at=due_at,
        then=then,
        escalated=escalated,
        rank=rank_of(due_at, then, escalated, keeping, seconds, priority),
        seconds=seconds,
        what=_what(shown) or kept.verdict,
        place=", ".join(filter(None, (order.text("ship_to.address.city"), order.text("ship_to.address.state")))),
        severity=shown[0].severity if shown else "info",
        confidence=max((one.suggestions[0].confidence for one in keeping if one.suggestions), default=None),
        kind=_kind(rules) or kept.verdict,
        search=" ".join(dict.fromkeys(_words(kept, order)))[:_SEARCHED],
        rules=rules,
    )


def _kind(rules: Sequence[tuple[str, str]]) -> str:
    """The rules with their fields as one text, as many as an index takes."""
    kind = ""
    for rule, path in sorted(rules):
        more = f"{kind}+{rule}@{path}" if kind else f"{rule}@{path}"
        if len(more.encode("utf-8", "replace")) > _LONGEST_KIND:
            break
        kind = more
    return kind


def _what(findings: list[Finding]) -> str:
    """The first of them in words, and how many more there are."""
    messages = list(dict.fromkeys(finding.message for finding in findings))
    if not messages:
        return ""
    more = f" (+{len(messages) - 1})" if len(messages) > 1 else ""
    return messages[0][: _LONGEST - len(more)] + more


def _words(kept: Kept, order: Order) -> Iterator[str]:
    """What an order is looked for by, in small letters; codes of doors are nothing to look for."""
    yield kept.identity.received_id.casefold()
    for path in _FIELDS:
        value: Any = order.at(path)
        if isinstance(value, str) and value:
            yield without_codes(value).casefold()
