"""The plan for one partner: what is asked of which part of an order, and in which order.

A rule whose gates cannot pass for this partner is not in the plan at all; one whose part is absent, or whose
subject's one look (`marks`) saw nothing of the kind, is never called. So ninety rules cost little more than ten.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final

from dq_service.engine.rule import Check, Marker, RepairFunction, Rule, Spared
from dq_service.engine.scan import Scan
from dq_service.fields import parse_path
from dq_service.finding import DIMENSIONS, Dimension, Severity

_PLACE: Final = re.compile(r"\[\d+\]")
# The fields by which rules are admitted or spared: the kind of order, on which side the customer is, and addresses.
opens_gates: Final = re.compile(r"kind|ship_from\b.*|(?:ship_to|bill_to|stops(?:\[\d+\])?)(?:\.address\b.*)?").fullmatch


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A rule as it holds for one partner: its functions with their parameters, its severity there."""

    rule: Rule
    severity: Severity
    check: Check
    repair: RepairFunction | None
    marks: frozenset[str]
    note: str  # the reason of the partner's override, shown in the finding


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rules of one subject and stage that look at the same part, under the same gates, in the order of their codes."""

    bit: int  # its place in the set of groups that were asked
    pattern: str  # where its part stands
    judges: bool  # of the stage judge
    countries: frozenset[str]
    orders: frozenset[str]
    reads: frozenset[str]  # fields outside its part that its rules depend on
    rules: tuple[Bound, ...]
    codes: frozenset[str]
    unmarked: tuple[Bound, ...]  # those that are asked whatever the marks
    by_mark: Mapping[str, tuple[Bound, ...]]  # those that are asked when this one mark was seen

    def called_for(self, marks: Collection[str]) -> Sequence[Bound]:
        """The rules that these marks call for, in their order."""
        if len(marks) == 1:
            return self.by_mark.get(next(iter(marks)), self.unmarked)
        if not marks:
            return self.unmarked
        return [bound for bound in self.rules if not bound.marks or not bound.marks.isdisjoint(marks)]

    def depends_on(self, changed: str) -> bool:
        """Whether its rules may say something else once a field has changed; of all entries of a list alike."""
        starred = _PLACE.sub("[*]", changed)
        return depends(self.pattern, self.reads, changed) or (bool(self.pattern) and related(self.pattern, starred))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One subject's look at a part, and the groups that it serves: a subject looks at a part only once."""

    number: int
    subject: str
    marker: Marker
    groups: tuple[Group, ...]
    bits: int  # of its groups
    unmarked: bool  # whether any of its rules is asked whatever is seen
    twice: bool  # taken in arrange and again later: what was seen is kept while its fields stand
    codes: frozenset[str]  # of all its rules

    @property
    def rules(self) -> Iterator[Bound]:
        """The rules of all its groups."""
        return (bound for group in self.groups for bound in group.rules)

    def among(self, groups: Collection[Group]) -> "Look":
        """The same look with only those of its groups."""
        kept = tuple(group for group in self.groups if group in groups)
        return replace(self, groups=kept, bits=bits_of(kept), unmarked=any(group.unmarked for group in kept))


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """One part of an order (or each entry of a list) at which subjects look."""

    pattern: str
    inner: str | None  # the name below its root, `""` for the root itself; None where it is neither
    listed: bool  # the entries of its root
    starred: bool
    wants_object: bool
    looks: tuple[Look, ...]
    groups: tuple[Group, ...]  # of all its looks
    gated: bool  # whether any of them has a gate, or may be spared
    bits: int  # of all of them
    spared: Spared | None  # tells which subjects would see nothing
    _admitted: dict[tuple[str, str, frozenset[str]], tuple[tuple[Look, ...], int]] = field(default_factory=dict)

    def takes(self, value: Any) -> bool:
        """Whether there is a part to look at; an object's rules cannot look at what is none."""
        return type(value) is dict or (not self.wants_object and value is not None and value != "")

    def admitted(self, country: str, kind: str, spared: frozenset[str]) -> tuple[tuple[Look, ...], int]:
        """The looks with those of their groups whose gates pass for a part in this country of an order of this kind,
        without those of the subjects that are spared; and the bits of all these groups.
        """
        found = self._admitted.get((country, kind, spared))
        if found is None:
            groups = tuple(
                group
                for group in self.groups
                if (not group.countries or country in group.countries) and (not group.orders or kind in group.orders)
            )
            looks = (look.among(groups) for look in self.looks if look.unmarked or look.subject not in spared)
            found = tuple(look for look in looks if look.groups), bits_of(groups)
            if len(self._admitted) < 1000:  # any text may stand as a kind of order
                self._admitted[country, kind, spared] = found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """The stops below one top-level field (`""`: the whole order), so that what is absent is passed over at once."""

    name: str
    stops: tuple[Stop, ...]
    reads: frozenset[str]  # other top-level fields that its rules depend on


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything that will be asked of an order of one partner."""

    scan: Scan
    tidy: Mapping[str, tuple[Bound, ...]]  # kind of field -> the pipeline for it
    tidy_marker: Marker
    masks: Mapping[str, tuple[Bound, ...]]  # kind of field -> what is masked in it, before anything else sees it
    arrange: tuple[Root, ...]
    after: tuple[Root, ...]  # resolve and judge: where nothing is repaired, one walk serves both
    groups: tuple[Group, ...]  # by their bits
    lookers: tuple[int, ...]  # by look: the bits of all groups that it serves
    counts: Mapping[str, tuple[Dimension, int]]  # code -> dimension, weight: what a rule weighs in the score
    dimensions: Mapping[str, float]  # the partner's weight of each dimension in the overall score
    everywhere: frozenset[str]  # codes of the field rules, which apply to every order
    _depending: dict[str, int] = field(default_factory=dict)
    _again: dict[tuple[bool, tuple[str, ...]], tuple[int, tuple[Root, ...]]] = field(default_factory=dict)

    def again(self, changed: tuple[str, ...], *, arranged: bool) -> tuple[int, tuple[Root, ...]]:
        """Where to look again after these fields have changed: the bits of the groups that depend on them, and the
        stops of such groups, with those that gates may now open; `arranged`: of stage arrange, else those after it.
        """
        found = self._again.get((arranged, changed))
        if found is None:
            bits = self.depending(changed)
            regated = any(map(opens_gates, changed))
            tops = {str(parse_path(path)[0]) for path in changed}
            roots = tuple(
                replace(root, stops=tuple(stop for stop in root.stops if stop.bits & bits or (stop.gated and regated)))
                for root in (self.arrange if arranged else self.after)
                if bits and (not root.name or root.name in tops or not root.reads.isdisjoint(tops))
            )
            found = bits, tuple(root for root in roots if root.stops)
            if len(self._again) < 10_000:
                self._again[arranged, changed] = found
        return found

    def depending(self, changed: Iterable[str]) -> int:
        """The bits of the groups that depend on any of these fields."""
        bits = 0
        for path in changed:
            found = self._depending.get(path)
            if found is None:  # the fields are the contract's, so there are few such questions
                found = bits_of(group for group in self.groups if group.depends_on(path))
                if len(self._depending) < 10_000:  # but a list may have any number of entries
                    self._depending[path] = found
            bits |= found
        return bits


def bits_of(groups: Iterable[Group]) -> int:
    """A set of groups as one number."""
    return reduce(or_, (group.bit for group in groups), 0)


def weights(plan: Plan, codes: Iterable[str]) -> dict[Dimension, int]:
    """The summed weight of these rules, by dimension."""
    out: dict[Dimension, int] = dict.fromkeys(DIMENSIONS, 0)
    for code in codes:
        dimension, weight = plan.counts[code]
        out[dimension] += weight
    return out


@lru_cache(maxsize=65536)
def depends(path: str, reads: frozenset[str], changed: str) -> bool:
    """Whether what was seen of the part at `path`, with the fields that it reads besides, depends on a changed field.

    What is seen of the whole order depends on what it reads alone. Remembered: the fields are the contract's, so
    there are few such questions.
    """
    return (bool(path) and related(changed, path)) or any(related(changed, other) for other in reads)


def related(path: str, other: str) -> bool:
    """Whether one of two fields is the other or stands inside it (`""` is the whole order)."""
    shorter, longer = (path, other) if len(path) < len(other) else (other, path)
    return not shorter or longer == shorter or (longer.startswith(shorter) and longer[len(shorter)] in ".[")
