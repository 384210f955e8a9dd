"""One order being inspected: how it stands, what has been said of it, and how a rule is asked."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dq_service.context import Context, Unavailable, never
from dq_service.engine.plan import Bound, Look, Plan, Root, Stop, opens_gates
from dq_service.engine.rule import Marker
from dq_service.faults import frames_of
from dq_service.finding import Candidate, Change, Observation, Outcome, Repair
from dq_service.order import Order, Part
from dq_service.parsing.country import country_of
from dq_service.parsing.customer import kind_of

log = logging.getLogger(__name__)

MOST_SUGGESTIONS: Final = 5
NOBODY: Final[frozenset[str]] = frozenset()
TIE: Final = 1e-9  # two candidates nearer than this are as likely as each other


@dataclass(slots=True)
class Saying:
    """What one rule said of one part, and what came of it; becomes a finding."""

    bound: Bound
    part: Part
    seen: Observation
    outcome: Outcome
    candidates: Sequence[Candidate] = ()


class Inspection:
    """The state of one inspection. `order` is replaced, never changed; all else grows."""

    __slots__ = ("_countries", "_kind", "_seen", "_spared", "asked", "broken", "changed", "context", "late", "missing",
                 "order", "plan", "repairs", "sayings", "standing")  # fmt: skip

    def __init__(self, order: Order, context: Context, plan: Plan) -> None:
        self.order = order
        self.context = context
        self.plan = plan
        self.sayings: list[Saying] = []
        self.repairs: list[Repair] = []
        self.changed: dict[str, int] = {}  # path -> the last stage that changed it
        self.late = False  # the deadline has passed
        self.asked = 0  # bits of the groups whose part was there
        self.standing: set[str] = set()  # rules that had said something unrepaired before the last look
        self.missing: dict[str, Bound] = {}  # rules that could not be asked
        self.broken: dict[str, Part] = {}  # rules that raised, and at what
        self._seen: dict[tuple[int, str], Collection[str]] = {}  # by the looks that are taken twice
        self._spared: dict[str, frozenset[str]] = {}  # path -> the subjects that would see nothing there
        self._countries: dict[str, str] = {}
        self._kind = ""

    def visits(self, roots: Sequence[Root], among: int = 0) -> Iterator[tuple[Stop, Part, tuple[Look, ...]]]:
        """The parts that are there, with the looks at them of the subjects that are not spared; `among`: all looks, at
        parts with groups of these bits alone.

        The groups of these looks count as asked. Once the deadline has passed (`late`), nothing is to be asked.
        """
        expired = self.context.expired
        for root in roots:
            name = root.name
            if name and self.order.json.get(name) is None:
                continue
            if expired is not never:
                self.late = self.late or expired()
            for stop in root.stops:
                if stop.inner is None:
                    parts: Sequence[Part] = _entries(self.order, name, stop)
                else:
                    value: Any = self.order.json.get(name) if name else self.order.json
                    if stop.inner:
                        value = value.get(stop.inner) if type(value) is dict else None
                    if type(value) is not dict and not stop.takes(value):
                        continue
                    parts = (Part(self.order, stop.pattern, value),)
                if not stop.gated:
                    for part in parts:
                        self.asked |= stop.bits
                        yield stop, part, stop.looks
                    continue
                for part in parts:
                    if part.order is not self.order:  # what was arranged at an earlier entry of a list
                        part = self.order.part(part.path)
                    looks = self.admitted(stop, part, NOBODY if among else self.spared(stop, part))
                    if not among or stop.bits & among:
                        yield stop, part, looks

    def miss(self, rules: Iterable[Bound]) -> None:
        """Notes rules that apply and can no longer be asked."""
        self.missing.update((bound.rule.code, bound) for bound in rules)

    def admitted(self, stop: Stop, part: Part, spared: frozenset[str] = NOBODY) -> tuple[Look, ...]:
        """The looks of a stop, with the groups whose gates pass for a part (its country, the kind of order).

        These groups count as asked, also those of subjects that are spared.
        """
        if not self._kind:
            self._kind = kind_of(self.order)
        country = self._countries.get(part.path)
        if country is None:
            country = self._countries[part.path] = country_of(part, self.context.reference)
        looks, bits = stop.admitted(country, self._kind, spared)
        self.asked |= bits
        return looks

    def spared(self, stop: Stop, part: Part) -> frozenset[str]:
        """The subjects that would see nothing at a part: one look before all others spares most of them theirs."""
        if stop.spared is None or self.late:
            return NOBODY
        found = self._spared.get(part.path)
        if found is None:
            try:
                found = stop.spared(part, self.context)
            except Exception:  # each subject finds out for itself, and tells whose rules could not be asked
                found = NOBODY
            self._spared[part.path] = found
        return found

    def marks(self, look: Look, part: Part) -> Collection[str]:
        """What a subject sees at a part. A look that broke is not kept: so each stage notes its rules as not asked."""
        if look.twice and (seen := self._seen.get((look.number, part.path))) is not None:
            return seen
        try:
            found = look.marker(part, self.context)
        except Exception as broke:
            return self.blind(look.rules, part, broke)
        if look.twice:
            self._seen[look.number, part.path] = found
        return found

    def blind(self, rules: Iterable[Bound], part: Part, broke: Exception) -> Collection[str]:
        """A look that broke sees nothing, and none of its marked rules could be asked."""
        marked = [bound for bound in rules if bound.marks]
        if isinstance(broke, Unavailable):
            self.miss(marked)
        else:
            self._broke(marked, part, broke)
        return ()

    def look(self, marker: Marker, rules: Sequence[Bound], part: Part) -> Collection[str]:
        """A subject's look at a single field."""
        try:
            return marker(part, self.context)
        except Exception as broke:
            return self.blind(rules, part, broke)

    def ask(self, rules: Iterable[Bound], part: Part) -> list[Saying]:
        """What these rules say of a part."""
        out: list[Saying] = []
        for bound in rules:
            out += self.ask_one(bound, part)
        return out

    def ask_one(self, bound: Bound, part: Part) -> list[Saying]:
        """What one rule says, with what it proposes. A rule that raises is SYS001, never the caller's trouble."""
        try:
            return [self._proposed(bound, part, seen) for seen in bound.check(part, self.context)]
        except Unavailable:
            self.missing[bound.rule.code] = bound
        except Exception as broke:
            self._broke([bound], part, broke)
        return []

    def settle(self, said: list[Saying], stage: int) -> bool:
        """Keeps what was said and applies what is to be repaired; whether anything changed."""
        self.sayings += said
        changed: list[str] = []
        for saying in said:
            if saying.outcome == "repaired":
                changed += self._apply(saying)
        if changed:
            self._forget(changed)
            self.changed.update(dict.fromkeys(changed, stage))
        return bool(changed)

    def mask(self, rules: Sequence[Bound], path: str, stage: int) -> None:
        """Takes out what may be repeated nowhere, also of the order as received: no deadline, no way back.

        The change has the mask on both sides, so that neither receipt nor report can tell what was there.
        """
        for bound in rules:
            for saying in self.ask_one(bound, self.order.part(path)):
                masked, saying.outcome = saying.candidates[0].changes, "repaired"
                self.order = self.order.replacing(masked)
                self.context = replace(self.context, received=self.context.received.replacing(masked))
                saying.part = self.order.part(path)
                self.sayings.append(saying)
                self.changed.update(dict.fromkeys(masked, stage))
                changes = tuple(Change(field, value, value) for field, value in masked.items())
                self.repairs.append(Repair(bound.rule.code, 1.0, saying.candidates[0].evidence, (), changes))

    def _apply(self, saying: Saying) -> list[str]:
        """Puts a saying's best candidate into the order; the fields that it changed."""
        candidate = saying.candidates[0]
        order = self.order
        changes = [
            Change(path, old, value)
            for path, value in candidate.changes.items()
            if (old := order.at(path)) != value or type(old) is not type(value)
        ]
        if not changes:
            return []
        self.order = order.replacing({change.field: change.after for change in changes})
        code, confidence = saying.bound.rule.code, confidence_of(saying.bound, candidate)
        self.repairs.append(Repair(code, confidence, candidate.evidence, candidate.evidence_fields, tuple(changes)))
        return [change.field for change in changes]

    def _forget(self, paths: Sequence[str]) -> None:
        """Drops what was seen of parts that have changed, or that depend on a field that has."""
        if any(map(opens_gates, paths)):
            self._kind = ""
            self._countries.clear()
            self._spared.clear()
        if self._seen:
            bits = self.plan.depending(paths)
            self._seen = {key: seen for key, seen in self._seen.items() if not self.plan.lookers[key[0]] & bits}

    def _proposed(self, bound: Bound, part: Part, seen: Observation) -> Saying:
        if bound.repair is None:
            return Saying(bound, part, seen, "open")
        found = bound.repair(seen, part, self.context)
        if not found:
            return Saying(bound, part, seen, "open")
        candidates = tuple(found)[:MOST_SUGGESTIONS]
        sure = [confidence_of(bound, candidate) for candidate in candidates]
        apply = (
            bound.rule.safety == "safe"
            and sure[0] >= self.context.partner.apply_at
            and (len(sure) == 1 or sure[0] - sure[1] > TIE)
            and not (self.context.pinned and _touches(candidates[0].changes, self.context.pinned))
        )
        return Saying(bound, part, seen, "repaired" if apply else "suggested", candidates)

    def _broke(self, rules: Sequence[Bound], part: Part, broke: Exception) -> None:
        # The message of an exception may quote the order, so only its class and the frames are logged.
        codes = ", ".join(bound.rule.code for bound in rules)
        log.error("%s broke with %s at\n%s", codes, type(broke).__name__, frames_of(broke))
        self.miss(rules)
        self.broken.update((bound.rule.code, part) for bound in rules)


def _touches(changes: Iterable[str], pinned: frozenset[str]) -> bool:
    """Whether one of these paths is pinned, lies in what is pinned, or holds it."""
    return any(
        path == pin or path.startswith((f"{pin}.", f"{pin}[")) or pin.startswith((f"{path}.", f"{path}["))
        for path in changes
        for pin in pinned
    )


def confidence_of(bound: Bound, candidate: Candidate) -> float:
    """A candidate's own confidence, else the one that its rule's YAML states."""
    confidence = candidate.confidence if candidate.confidence is not None else bound.rule.confidence
    if confidence is None:
        raise ValueError(f"{bound.rule.code}: neither the repair nor the rule states a confidence")
    return confidence


def _entries(order: Order, name: str, stop: Stop) -> Sequence[Part]:
    """The parts at a stop in a list, or deep below the top-level field of this name."""
    if not stop.listed:
        return [part for part in order.parts(stop.pattern) if stop.takes(part.value)]
    entries = order.json.get(name)
    if type(entries) is not list:
        return ()
    return [
        Part(order, f"{name}[{at}]", entry)
        for at, entry in enumerate(entries)
        if type(entry) is dict or stop.takes(entry)
    ]
