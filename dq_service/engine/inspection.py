"""One order being inspected: how it stands, what has been said of it, and how a rule is asked."""

import logging
import traceback
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dq_service.context import Context, Unavailable
from dq_service.engine.plan import Bound, Look, Plan, Root, Stop, depends
from dq_service.engine.rule import Marker
from dq_service.finding import Candidate, Change, Observation, Outcome, Repair
from dq_service.order import Order, Part
from dq_service.parsing.country import country_of
from dq_service.parsing.customer import kind_of

log = logging.getLogger(__name__)

MOST_SUGGESTIONS: Final = 5
TIE: Final = 1e-9  # two candidates nearer than this are as likely as each other


@dataclass(slots=True)
class Saying:
    """What one rule said of one part, and what came of it; becomes a finding."""

    bound: Bound
    part: Part
    seen: Observation
    outcome: Outcome
    candidates: Sequence[Candidate] = ()


@dataclass(slots=True)
class Inspection:
    """The state of one inspection. `order` is replaced, never changed; all else grows."""

    order: Order
    context: Context
    plan: Plan
    sayings: list[Saying] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)  # path -> the last stage that changed it
    late: bool = False  # the deadline has passed
    asked: int = 0  # bits of the groups whose part was there
    standing: set[str] = field(default_factory=set)  # rules that had said something unrepaired before the last look
    missing: dict[str, Bound] = field(default_factory=dict)  # rules that could not be asked
    broken: dict[str, Part] = field(default_factory=dict)  # rules that raised, and at what
    _parts: dict[str, tuple[Part, ...]] = field(default_factory=dict)  # of the order as it stands
    _looks: dict[tuple[int, str], Collection[str]] = field(default_factory=dict)  # what was seen of its parts
    _countries: dict[str, str] = field(default_factory=dict)
    _kind: str = ""

    def stops(self, roots: Sequence[Root]) -> Iterator[tuple[Stop, tuple[Part, ...]]]:
        """The stops whose parts are there, with them. Once the deadline has passed (`late`), nothing is to be asked."""
        for root in roots:
            if root.name and self.order.json.get(root.name) is None:
                continue
            self.late = self.late or self.context.expired()
            for stop in root.stops:
                parts = self._parts.get(stop.pattern)
                if parts is None:
                    parts = self._parts[stop.pattern] = _found(self.order, stop)
                if parts:
                    yield stop, parts

    def miss(self, rules: Iterable[Bound]) -> None:
        """Notes rules that apply and can no longer be asked."""
        self.missing.update((bound.rule.code, bound) for bound in rules)

    def looks(self, stop: Stop, part: Part) -> tuple[Look, ...]:
        """The looks of a stop, with the groups whose gates pass for a part (its country, the kind of order).

        These groups count as asked.
        """
        if not stop.gated:
            self.asked |= stop.bits
            return stop.looks
        if not self._kind:
            self._kind = kind_of(self.order)
        root = part.path.partition(".")[0]
        country = self._countries.get(root)
        if country is None:
            country = self._countries[root] = country_of(part, self.context.reference)
        looks, bits = stop.admitted(country, self._kind)
        self.asked |= bits
        return looks

    def marks(self, look: Look, part: Part) -> Collection[str]:
        """What a subject sees at a part; it looks again only when something that it depends on has changed."""
        if look.marker is None:
            return ()
        key = (look.number, part.path)
        found = self._looks.get(key)
        if found is None:
            try:
                found = look.marker(part, self.context)
            except Exception as broke:
                return self._blind([bound for group in look.groups for bound in group.rules], part, broke)
            self._looks[key] = found
        return found

    def look(self, marker: Marker, rules: Sequence[Bound], part: Part) -> Collection[str]:
        """A subject's look at a part that may change before the next look."""
        try:
            return marker(part, self.context)
        except Exception as broke:
            return self._blind(rules, part, broke)

    def _blind(self, rules: Sequence[Bound], part: Part, broke: Exception) -> Collection[str]:
        """A look that broke sees nothing, and none of its marked rules could be asked."""
        marked = [bound for bound in rules if bound.marks]
        if isinstance(broke, Unavailable):
            self.miss(marked)
        else:
            self._broke(marked, part, broke)
        return ()

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
            self.changed.update((path, stage) for path in changed)
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
        changes = tuple(
            Change(path, old, value)
            for path, value in candidate.changes.items()
            if (old := self.order.at(path)) != value or type(old) is not type(value)
        )
        if not changes:
            return []
        self.order = self.order.replacing({change.field: change.after for change in changes})
        code, confidence = saying.bound.rule.code, confidence_of(saying.bound, candidate)
        self.repairs.append(Repair(code, confidence, candidate.evidence, candidate.evidence_fields, changes))
        return [change.field for change in changes]

    def _forget(self, paths: Sequence[str]) -> None:
        """Drops what was seen of parts that have changed, or that depend on a field that has."""
        self._parts.clear()
        self._countries.clear()
        self._kind = ""
        watched = self.plan.watched
        for look, path in list(self._looks):
            if any(depends(path, watched[look], changed) for changed in paths):
                del self._looks[look, path]

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
        )
        return Saying(bound, part, seen, "repaired" if apply else "suggested", candidates)

    def _broke(self, rules: Sequence[Bound], part: Part, broke: Exception) -> None:
        # The message of an exception may quote the order, so only its class and the frames are logged.
        codes = ", ".join(bound.rule.code for bound in rules)
        frames = "".join(traceback.format_tb(broke.__traceback__))
        log.error("%s broke with %s at\n%s", codes, type(broke).__name__, frames)
        self.miss(rules)
        self.broken.update((bound.rule.code, part) for bound in rules)


def confidence_of(bound: Bound, candidate: Candidate) -> float:
    """A candidate's own confidence, else the one that its rule's YAML states."""
    confidence = candidate.confidence if candidate.confidence is not None else bound.rule.confidence
    if confidence is None:
        raise ValueError(f"{bound.rule.code}: neither the repair nor the rule states a confidence")
    return confidence


def _found(order: Order, stop: Stop) -> tuple[Part, ...]:
    if stop.starred:
        return tuple(part for part in order.parts(stop.pattern) if _right(part.value, stop))
    value: Any = order.json
    for step in stop.steps:
        if type(value) is not dict:
            return ()
        value = value.get(step)
    return (Part(order, stop.pattern, value),) if _right(value, stop) else ()


def _right(value: Any, stop: Stop) -> bool:
    """Whether a part is there; an object's rules cannot look at what is none (the type rules have said so)."""
    return value is not None and value != "" and (stop.wants != "object" or type(value) is dict)
