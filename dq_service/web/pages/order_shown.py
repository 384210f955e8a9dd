"""An order as a page shows it: what came in beside what is proposed, each finding at its field; pure.

A field is open where it differs or something is said of it; the others are told in one line of their section.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from dq_service.fields import join, parse_path, shape_at
from dq_service.order import JSON, Order
from dq_service.service.reviews.choices import protected, sure
from dq_service.service.reviews.ranking import SURE
from dq_service.web.pages.wording import label, text_of

State = Literal["open", "suggested", "warning", "repaired", "changed", "plain"]
FEW: Final = 4  # fields of an object that are offered where it is missing
NUMBERED: Final = 9  # candidates that have a key of their own
BLOCKING: Final = frozenset({"open", "suggested"})

SECTIONS: Final = (
    ("whom", "Recipient", ("ship_to",)),
    ("where", "Address", ("ship_to.address",)),
    ("when", "When", ("window", "placed_at", "respond_by", "service")),
    ("how", "Handing over", ("instructions", "access_code", "gift_message", "signature_required", "requirements")),
    ("what", "Items", ("items",)),
    ("parcels", "Packages", ("packages",)),
    ("from", "From", ("ship_from", "stops", "bill_to")),
    ("order", "Order", ("",)),
)
_STATES: Final[Sequence[State]] = ("open", "suggested", "warning", "repaired", "changed", "plain")


@dataclass(frozen=True, slots=True)
class Put:
    """One field that a candidate changes."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to mend a finding. `number` is its key, None past the ninth; `likely`: accepted with all of its kind."""

    value: str
    number: int | None
    puts: tuple[Put, ...]
    confidence: float
    evidence: str
    likely: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A finding with what it is shown by. `name` is that of its choice among candidates in the form."""

    name: str
    rule: str
    rule_name: str
    why: str
    message: str
    severity: str
    outcome: str
    state: State
    evidence: str
    confidence: float | None
    note: str
    candidates: tuple[Candidate, ...]

    @property
    def keeps(self) -> bool:
        """Whether this keeps the order here."""
        return self.severity == "error" and self.outcome in BLOCKING


@dataclass(frozen=True, slots=True)
class Field:
    """One field: as it came, as it is proposed, and what is said of it."""

    path: str
    came: Any
    proposed: Any
    state: State
    said: tuple[Said, ...] = ()
    kind: str = "text"

    @property
    def open(self) -> bool:
        """Whether it is shown by itself."""
        return self.state != "plain"


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    name: str
    title: str
    fields: tuple[Field, ...]

    @property
    def opened(self) -> tuple[Field, ...]:
        """Those that are shown by themselves."""
        return tuple(field for field in self.fields if field.open)

    @property
    def folded(self) -> tuple[Field, ...]:
        """Those that nothing is said of."""
        return tuple(field for field in self.fields if not field.open)


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole. `likely` is what accepting all likely candidates changes."""

    sections: tuple[Section, ...]
    said: tuple[Said, ...]
    likely: Mapping[str, Any]

    @property
    def keeping(self) -> tuple[Said, ...]:
        """Findings that keep the order here."""
        return tuple(one for one in self.said if one.keeps)


def shown(came: JSON | None, result: JSON, whys: Mapping[str, str]) -> Shown:
    """An order for the page: `came` as its sender wrote it, the result in force, why each rule asks."""
    proposed = result.get("order_if_applied") or result["order"]
    before, after = Order(came or {}), Order(proposed or {})
    evidence = {(one["rule"], change["field"]): one for one in result["repairs"] for change in one["changes"]}
    said: dict[str, list[Said]] = {}
    number = 0
    for place, finding in enumerate(result["findings"]):
        candidates: list[Candidate] = []
        for choice, suggestion in enumerate(finding["suggestions"]):
            number += 1
            puts = tuple(Put(path, after.at(path), value) for path, value in suggestion["changes"].items())
            candidates.append(
                Candidate(
                    str(choice),
                    number if number <= NUMBERED else None,
                    puts,
                    suggestion["confidence"],
                    suggestion["evidence"],
                    suggestion["confidence"] >= SURE and not any(protected(put.path) for put in puts),
                )
            )
        repair = evidence.get((finding["rule"], finding["field"]))
        one = Said(
            f"pick.{place}", finding["rule"], finding["name"], whys.get(finding["rule"], ""), finding["message"],
            finding["severity"], finding["outcome"], _state(finding),
            repair["evidence"] if repair else "", repair["confidence"] if repair else None,
            finding.get("note", ""), tuple(candidates),
        )  # fmt: skip
        said.setdefault(finding["field"], []).append(one)
    paths = list(dict.fromkeys([*_leaves(before.json), *_leaves(after.json)]))
    for path in said:
        if path not in paths:
            empty = before.at(path) is None and after.at(path) is None
            paths += [path, *(one for one in _inside(path) if empty and one not in paths)]
    wholes = {path for path in said if isinstance(shape_at(path), Mapping)}
    fields = [_field(path, before, after, tuple(said.get(path, ()))) for path in _in_order(paths, wholes)]
    states = {field.path: field.state for field in fields if field.path in wholes}
    fields = [_within(field, states) for field in fields]
    sections = tuple(Section(name, title, tuple(_in(name, fields))) for name, title, _ in SECTIONS)
    everything = tuple(one for section in sections for field in section.fields for one in field.said)
    return Shown(tuple(section for section in sections if section.fields), everything, sure(result))


def _field(path: str, before: Order, after: Order, said: tuple[Said, ...]) -> Field:
    came, proposed = before.at(path), after.at(path)
    states: list[State] = [one.state for one in said]
    if text_of(came) != text_of(proposed) and not {"repaired"} & set(states):
        states.append("changed")
    state: State = min(states, key=_STATES.index, default="plain")
    shape = shape_at(path)
    return Field(path, came, proposed, state, said, shape if isinstance(shape, str) else "object")


def _inside(path: str) -> list[str]:
    """The fields of an object that is missing or wrong as a whole, where they are few."""
    shape = shape_at(path)
    if not isinstance(shape, Mapping):
        return []
    inner = [join(path, name) for name, kind in shape.items() if isinstance(kind, str)]
    return inner if len(inner) <= FEW else []


def _in_order(paths: Sequence[str], wholes: Collection[str]) -> Iterator[str]:
    """Fields as they are shown: what belongs to an object that something is said of, right after it."""
    told: set[str] = set()
    for path in paths:
        over = next((one for one in wholes if path == one or path.startswith(f"{one}.")), None)
        together = [path] if over is None else [over, *(one for one in paths if one.startswith(f"{over}."))]
        yield from (one for one in together if one not in told)
        told.update(together)


def _within(field: Field, states: Mapping[str, State]) -> Field:
    """A field that stands open because something is said of the object that it belongs to."""
    over = next((state for path, state in states.items() if field.path.startswith(f"{path}.")), None)
    if over not in ("open", "suggested") or field.open:
        return field
    return replace(field, state=over)


def _state(finding: JSON) -> State:
    if finding["outcome"] in ("repaired", "shadowed"):
        return "repaired"
    if finding["severity"] == "error":
        return "suggested" if finding["outcome"] == "suggested" else "open"
    return "warning"


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    """Every field that holds something, in the order in which it is written; unknown fields too."""
    if type(value) is dict and value:
        for name, inner in value.items():
            if name and not set(name) & set(".[]"):
                yield from _leaves(inner, join(path, name))
    elif type(value) is list and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, join(path, place))
    elif value not in (None, "", {}, []) and path:
        yield path


def _in(section: str, fields: Sequence[Field]) -> Iterator[Field]:
    """The fields of a section: that whose path names most of theirs."""
    for field in fields:
        best = max(SECTIONS, key=lambda one: max(_reach(field.path, path) for path in one[2]))
        if best[0] == section:
            yield field


def _reach(path: str, stem: str) -> int:
    """How many steps of a path a stem names; -1 where it is not on its way, 0 for what every path begins with."""
    if not stem:
        return 0
    steps, own = parse_path(path), parse_path(stem)
    return len(own) if steps[: len(own)] == own else -1


def chosen(form: Mapping[str, str], result: JSON) -> Mapping[str, Any]:
    """What a person put into the form: the candidates picked, and over them the fields typed.

    A field counts as typed where it is not what the page showed. Values that are no number where one belongs stay
    text: the check says so.
    """
    proposed = Order(result.get("order_if_applied") or result["order"] or {})
    changes: dict[str, Any] = {}
    for place, finding in enumerate(result["findings"]):
        picked = form.get(f"pick.{place}", "")
        if picked.isdecimal() and int(picked) < len(finding["suggestions"]):
            changes.update(finding["suggestions"][int(picked)]["changes"])
    for name, typed in form.items():
        if name.startswith("set."):
            path = name.removeprefix("set.")
            typed = typed.replace("\r\n", "\n")
            if typed != text_of(proposed.at(path)).replace("\r\n", "\n"):
                changes[path] = value_of(path, typed)
    return changes


def value_of(path: str, typed: str) -> Any:
    """What is meant by a text typed into a field; None for an empty one."""
    if not typed.strip():
        return None
    kind = shape_at(path)
    if kind in ("count", "number", "money"):
        try:
            return int(typed)
        except ValueError:
            try:
                return float(typed)
            except ValueError:
                return typed
    if kind == "flag" and typed.strip().lower() in ("true", "false", "yes", "no"):
        return typed.strip().lower() in ("true", "yes")
    return typed


def field_label(field: Field) -> str:
    """What a field is called on the page."""
    return label(field.path)
