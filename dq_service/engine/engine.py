"""The engine: an order and its context in, one result out."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dq_service.context import Context, Recent, never
from dq_service.engine.inspection import Inspection, Saying, confidence_of
from dq_service.engine.plan import Plan
from dq_service.engine.planning import compile_plan
from dq_service.engine.rulebook import ROW_DAMAGED, Rulebook
from dq_service.engine.stages import inspect
from dq_service.engine.verdict import (
    STANDING,
    action_of,
    caused,
    finding_missed,
    finding_of,
    instant_text,
    score_of,
    suggestion_of,
    verdict_of,
)
from dq_service.finding import DIMENSIONS, Finding, Outcome, Suggestion
from dq_service.order import Order
from dq_service.partner import BUILT_IN, Partner
from dq_service.reference.bundle import Reference
from dq_service.result import Evaluated, Result, Score, Verdict

NO_SCORE: Final[Score] = dict.fromkeys(("overall", *DIMENSIONS))
ALL_EVALUATED: Final = Evaluated()


@dataclass(frozen=True, slots=True)
class Engine:
    """A rulebook with the reference data it is asked against; safe to share between threads.

    `check` is the whole product as a function. Partners are handed in with each call, since they change without it.
    """

    rulebook: Rulebook = field(repr=False)
    reference: Reference = field(repr=False)
    _plans: dict[tuple[object, ...], tuple[Partner, Plan]] = field(default_factory=dict, repr=False)

    def check(
        self,
        order: Any,
        *,
        as_of: datetime,
        partner: Partner = BUILT_IN,
        recent: Recent | None = None,
        expired: Callable[[], bool] = never,
        line: int | None = None,
        named: str = "",
        doubt: str = "",
        pinned: frozenset[str] = frozenset(),
        noted: tuple[Finding, ...] = (),
        profiled: Collection[str] = (),
    ) -> Result:
        """The result for one order, given as parsed JSON. Anything that is no JSON object is `rejected`.

        `as_of` must be aware. `named` is the partner that the caller named, whether or not it has a file. `doubt`
        says why it is not certain that the values stand in the right fields (a damaged row): then nothing is
        applied, and a person decides. `pinned` are fields that people have decided on: their repairs are only
        suggested. `noted` are findings that were made before, of how the order came to be what it is: they stand
        first and count as any other. `profiled` are fields that the sender's profile answers for: it made them,
        could not translate them or overlooked what the payload holds. Never raises for what stands in the order.
        """
        if type(order) is not dict:
            return self.rejected("the document is no JSON object", Context(as_of, self.reference, partner), line=line)
        received = Order(order)
        context = Context(as_of, self.reference, partner, recent, received, expired, pinned)
        plan = self.plan(partner, has_recent=recent is not None, as_of=as_of)
        return self._concluded(inspect(received, context, plan), line, named, doubt, noted, profiled)

    def plan(self, partner: Partner, *, has_recent: bool, as_of: datetime) -> Plan:
        """What is asked of this partner's orders; compiled once for each set of overrides in force."""
        key = (partner.name, id(partner), partner.overrides and partner.overrides_at(as_of), has_recent)
        kept = self._plans.get(key)
        if kept is None:
            if len(self._plans) > 1000:  # overrides expire, partners are edited: forget the plans of former ones
                self._plans.clear()
            plan = compile_plan(self.rulebook, partner, self.reference, has_recent=has_recent, as_of=as_of)
            kept = self._plans[key] = (partner, plan)  # the partner is kept, so that its id stays its own
        return kept[1]

    def rejected(self, why: str, context: Context, *, line: int | None = None, field: str = "") -> Result:
        """The result for what could not be read as an order: one finding that says where and why."""
        field = field or "order_id"
        finding = Finding("SYS002", "not-an-order", field, (field,), "validity", "error", "open", "partner", why)
        order = Order({})
        action, hold = action_of("rejected", (finding,), frozenset(), order, context)
        return Result(
            None, line, "", "", context.partner.name, None, "rejected", action, hold,
            NO_SCORE, NO_SCORE, None, (), (finding,), Evaluated(), self.rulebook.version, self.reference.version,
            instant_text(context.as_of),
        )  # fmt: skip

    def _concluded(
        self,
        looked: Inspection,
        line: int | None,
        named: str,
        doubt: str,
        noted: tuple[Finding, ...],
        profiled: Collection[str],
    ) -> Result:
        context, plan, order = looked.context, looked.plan, looked.order
        received, partner = context.received, context.partner
        kept = partner.shadow or bool(doubt)  # the order goes on as it came
        findings = noted + self._findings(looked, kept, doubt)
        if profiled and findings:
            findings = tuple([caused(finding, profiled) for finding in findings])
        missing = frozenset(looked.missing)
        failed = frozenset([finding.rule for finding in findings])
        standing = frozenset([finding.rule for finding in findings if finding.outcome in STANDING])
        score = score_of(plan, looked.asked, missing, failed)
        verdict: Verdict = "review" if doubt else "clean"
        if findings and not doubt:
            verdict = verdict_of(
                [(saying.bound.severity, saying.outcome) for saying in looked.sayings]
                + [(finding.severity, finding.outcome) for finding in noted],
                incomplete=any(bound.severity == "error" for bound in looked.missing.values()),
                changed=bool(looked.changed),
            )
        action, hold = action_of(verdict, findings, self.rulebook.never_release, order, context)
        received_id = received.at("order_id")
        sent = received if kept else order
        return Result(
            None,
            line,
            received_id if type(received_id) is str else "" if received_id is None else str(received_id),
            sent.text("order_id"),
            named or partner.name or order.text("partner"),
            None,
            verdict,
            action,
            hold,
            score,
            score if standing == failed else score_of(plan, looked.asked, missing, standing),
            sent.json,
            () if doubt else tuple(looked.repairs),
            findings,
            Evaluated(False, tuple(sorted(missing))) if missing else ALL_EVALUATED,
            self.rulebook.version,
            self.reference.version,
            instant_text(context.as_of),
            order.json if partner.shadow and not doubt else None,
        )

    def _findings(self, looked: Inspection, kept: bool, doubt: str) -> tuple[Finding, ...]:
        """Everything that was said, in words; where the order is kept as it came, no repair counts as made."""
        held: Outcome = "suggested" if doubt else "shadowed"
        findings = [_row_damaged(doubt)] if doubt else []
        for saying in looked.sayings:
            outcome = held if kept and saying.outcome == "repaired" else saying.outcome
            suggestions = _suggestions(saying) if outcome == "suggested" else ()
            findings.append(finding_of(saying.bound, saying.part, saying.seen, outcome, suggestions))
        findings += [finding_missed(bound, looked.broken.get(code)) for code, bound in looked.missing.items()]
        return tuple(findings)


def _suggestions(saying: Saying) -> tuple[Suggestion, ...]:
    return tuple([suggestion_of(candidate, confidence_of(saying.bound, candidate)) for candidate in saying.candidates])


def _row_damaged(why: str) -> Finding:
    return Finding(ROW_DAMAGED, "row-damaged", "order_id", ("order_id",), "validity", "error", "open", "partner", why)
