"""Who sends orders: what a partner's file says of its orders, its rules and what becomes of them.

A file is `NAME.yaml` in the folder of partners. The dataclasses below are its description: from `KEYS` come the
reading, the documentation and the schema of the file.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dq_service.fields import ORDER, PARTY, Shape, join
from dq_service.finding import DIMENSIONS, Severity
from dq_service.parsing.pattern import Pattern
from dq_service.parsing.reader import Reader, did_you_mean, reader
from dq_service.parsing.record import (
    ANYTHING,
    DATE,
    FLAG,
    MAPPING,
    PATTERN,
    TEXT,
    TEXTS,
    TIME,
    Key,
    Kind,
    duration,
    keys,
    number,
    numbers,
    one_of,
    read_record,
    record_of,
    records_of,
    some_of,
    written,
)
from dq_service.parsing.yaml import SIZE, DocumentError, Problem
from dq_service.result import Action

Then = Literal["release", "refuse", "escalate"]
DateFormat = Literal["DMY", "MDY", "YMD", ""]
Instructed = Literal["always", "unit", "company", "residence", "no_signature"]

_ACTIONS: Final[tuple[Action, ...]] = ("release", "hold", "refuse")
_THEN: Final[tuple[Then, ...]] = ("release", "refuse", "escalate")
_SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
_DATE_FORMATS: Final[tuple[DateFormat, ...]] = ("DMY", "MDY", "YMD", "")
_INSTRUCTED: Final[tuple[Instructed, ...]] = ("always", "unit", "company", "residence", "no_signature")


def _requirable(shape: Shape, path: str) -> Iterator[str]:
    """Every field path of the contract, list places as `[*]`, and `contact` beside a party's phone and e-mail."""
    if path:
        yield path
    if isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield from _requirable(inner, join(path, name))
        if shape is PARTY:
            yield join(path, "contact")
    elif isinstance(shape, list):
        yield from (inner for inner in _requirable(shape[0], path + "[*]") if inner != path + "[*]")


REQUIRABLE: Final = tuple(_requirable(ORDER, ""))


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError, ValueError):  # no zone, a folder of zones, a path
        raise ValueError(f"no time zone {text!r}{did_you_mean(text, available_timezones())}") from None


def _held(text: str) -> timedelta:
    """How long an order is held: a held order always has an end, and never at once."""
    span = duration(text)
    if not span:
        raise ValueError("a hold of no length; write PT2H, or release or refuse instead of hold")
    if span > timedelta(days=365):
        raise ValueError("a hold of more than a year; write PT2H")
    return span


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError(f"{text!r} is no name; letters, digits, '-', '_' and '.', 64 at most")
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", text):
        raise ValueError(f"{text!r} is no language; write en, fr or fr-CA")
    return text


_ACTION: Final = one_of(_ACTIONS)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long orders are kept once they are over; None: for ever. `channels`: those that differ from `default`."""

    default: timedelta | None = None
    channels: Mapping[str, timedelta] = field(default_factory=dict, hash=False)


_SHORTEST: Final = timedelta(days=2)  # so long a caller's Idempotency-Key is remembered
_RETENTION_WORDS: Final = "duration, or mapping of channel to duration"
_SPAN: Final = {"type": "string", "format": "duration"}
_RETENTION_SCHEMA: Final = {"anyOf": [_SPAN, {"type": "object", "additionalProperties": _SPAN}]}


def _kept_for(text: str) -> timedelta:
    span = duration(text)
    if span < _SHORTEST:
        raise ValueError(f"{text!r} is less than two days; write P90D")
    return span


def _retention(reader: Reader, key: str, default: Retention) -> Retention:
    if not isinstance(reader.given(key), Mapping):
        return Retention(reader.written(key, _kept_for, None))
    inner = reader.mapping(key)
    spans = {name: inner.written(name, _kept_for, None) for name in inner}
    inner.close()
    return Retention(spans.pop("default", None), {name: span for name, span in spans.items() if span is not None})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the caller is told to do with an order of each verdict; the defaults are the built-in policy.

    `never_release` None means the rules of *where* and *forbidden* (their codes are the rulebook's to know); an
    empty list in a file means none.
    """

    review: Annotated[Action, _ACTION, "for an order that needs a person"] = "hold"
    hold_max: Annotated[
        timedelta, written("duration", _held, format="duration"), "how long an order is held at most"
    ] = timedelta(hours=2)
    then: Annotated[
        Then,
        one_of(_THEN),
        "when the hold ends; escalate: held once more as long, first in the queue, announced, then refused",
    ] = "release"
    never_release: Annotated[
        tuple[str, ...] | None,
        TEXTS,
        "codes of rules that turn `then: release` into escalate; left out: the rules of where and forbidden",
    ] = None
    incomplete: Annotated[Action, _ACTION, "for an order that an error rule could not be asked about"] = "release"
    rejected: Annotated[Action, _ACTION, "for what is no order"] = "refuse"
    shadow: Annotated[Action, _ACTION, "for every order while the partner is in shadow"] = "release"
    priority: Annotated[
        float, number(0.1, 10), "its weight in the review queue: each doubling brings its orders up ten minutes sooner"
    ] = 1.0


@dataclass(frozen=True, slots=True)
class Override:
    """A rule as one partner has it, why, and until when. `line` is where the file says so."""

    rule: Annotated[str, TEXT, "the rule's code"]
    reason: Annotated[str, TEXT, "why it differs for this partner"]
    severity: Annotated[Severity | None, one_of(_SEVERITIES), "the rule's severity for this partner"] = None
    parameters: Annotated[Mapping[str, Any], MAPPING, "parameters of the rule's check, laid over its own"] = field(
        default_factory=dict, hash=False
    )
    off: Annotated[bool, FLAG, "true: the rule is not asked"] = False
    until: Annotated[
        date | datetime | None, DATE, "the last day that it applies (the partner's time zone, else UTC), or its end"
    ] = None
    line: int = field(default=0, compare=False)

    def ended(self, as_of: datetime, zone: str) -> bool:
        """Whether it no longer applies at this instant (with an offset); a date counts to its end in that zone."""
        if self.until is None:
            return False
        if isinstance(self.until, datetime):
            return self.until <= as_of
        return datetime.combine(self.until, time.max, ZoneInfo(zone) if zone else UTC) < as_of


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner (CONTRACT section 5). `file`, `lines` (of the rule codes it names) and `profile_line` say where that
    stands.
    """

    name: Annotated[str, written("text", _name), "the partner's name, as its file is called and as orders name it"]
    po_boxes: Annotated[bool, FLAG, "false: it cannot deliver to a PO box, APO or general delivery"] = True
    order_id: Annotated[Pattern | None, PATTERN, "what a whole order id looks like (google-re2)"] = None
    catalog: Annotated[str, TEXT, "the partner whose imported SKUs its items are looked up in"] = ""
    catalog_complete: Annotated[bool, FLAG, "true: a SKU that is not in the catalog is an error"] = True
    gtin_is_key: Annotated[bool, FLAG, "true: items are picked by GTIN, so a wrong one is an error"] = False
    required: Annotated[
        tuple[str, ...],
        some_of(REQUIRABLE, "list of fields"),
        "fields that every order must have; contact: a phone or an e-mail that can be used; items: at least one; "
        "packages[*].sscc: of each package, and there must be one",
    ] = ()
    instructions_required: Annotated[
        tuple[Instructed, ...], some_of(_INSTRUCTED), "where delivery instructions must be given"
    ] = ()
    shadow: Annotated[bool, FLAG, "true: repairs are listed and not applied"] = False
    profile: Annotated[str, TEXT, "how its payload maps onto the order"] = ""
    timezone: Annotated[str, written("time zone", _timezone), "of its times without an offset: America/Chicago"] = ""
    date_format: Annotated[
        DateFormat, one_of(_DATE_FORMATS), "the order of day, month and year where digits leave it open"
    ] = ""
    language: Annotated[str, written("language", _language), "of its instructions: en, fr, es, fr-CA"] = ""
    appointments: Annotated[bool, FLAG, "true: the service takes appointments, so a window is needed"] = False
    cut_off: Annotated[time | None, TIME, "local time after which an order counts for the next day"] = None
    apply_at: Annotated[
        float, number(0.995, 1), "the confidence from which a repair is applied; it may only be raised"
    ] = 0.995
    weights: Annotated[
        Mapping[str, float],
        numbers(DIMENSIONS, "mapping of dimension to weight"),
        "weights in the overall score; left out: 1",
    ] = field(default_factory=dict, hash=False)
    sensitive_items: Annotated[
        bool, FLAG, "true: what is in the parcel is private (medicine); kept out of reports and messages"
    ] = False
    retention: Annotated[
        Retention,
        Kind(_RETENTION_WORDS, _retention, _RETENTION_SCHEMA),
        "how long its orders are kept from when they were delivered (or returned, cancelled, refused; else from their "
        "last change); by channel as {default: P365D, shopify: P90D}; left out: for ever",
    ] = Retention()
    destinations: Annotated[Any, ANYTHING, "who gets its orders next, with their needs"] = field(
        default=None, hash=False
    )
    service_area: Annotated[Mapping[str, Any], MAPPING, "where it delivers, and its limits"] = field(
        default_factory=dict, hash=False
    )
    overrides: Annotated[tuple[Override, ...], records_of(Override), "rules that differ for this partner"] = ()
    policy: Annotated[Policy, record_of(Policy), "what becomes of its orders"] = Policy()
    file: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    profile_line: int = field(default=1, compare=False)

    def overrides_at(self, as_of: datetime) -> tuple[Override, ...]:
        """The overrides that apply at an instant (with an offset)."""
        return tuple(one for one in self.overrides if not one.ended(as_of, self.timezone))

    def expired(self, as_of: datetime) -> tuple[Override, ...]:
        """The overrides that no longer apply; they never stop a load, `dq partners check` and `dq doctor` name them."""
        return tuple(one for one in self.overrides if one.ended(as_of, self.timezone))


KEYS: Final[tuple[Key, ...]] = keys(Partner)
BUILT_IN: Final = Partner(name="")  # of an order without a partner: all that needs a partner's file is silent


def load(text: str | bytes, file: str) -> Partner:
    """The partner in a file's text. Raises DocumentError with everything that is wrong in it."""
    content = reader(text, file)
    partner = read_record(content, Partner, file=file)
    for code, line in _repeated(partner.overrides):
        content.problems.append(Problem(file, line, f"a second override of {code}; put both into one"))
    for one in partner.overrides:
        if one.severity is None and not one.parameters and not one.off:
            message = "the override changes nothing; give severity, parameters or off: true"
            content.problems.append(Problem(file, one.line, message))
    if len(partner.weights) == len(DIMENSIONS) and not any(partner.weights.values()):
        content.problem("weights are all 0; one at least must count", "weights")
    content.finish()
    lines = {one.rule: one.line for one in partner.overrides}
    for place, code in enumerate(partner.policy.never_release or ()):
        lines.setdefault(code, content.line("policy", "never_release", place))
    return replace(partner, lines=lines, profile_line=content.line("profile"))


def _repeated(overrides: tuple[Override, ...]) -> Iterator[tuple[str, int]]:
    seen = set()
    for one in overrides:
        if one.rule in seen:
            yield one.rule, one.line
        seen.add(one.rule)


def check_codes(partner: Partner, codes: Collection[str]) -> tuple[Problem, ...]:
    """A problem for each code that the partner names and no rule has, with the nearest that one has."""
    return tuple(
        Problem(partner.file, line, f"no rule '{code}'{did_you_mean(code, codes)}")
        for code, line in partner.lines.items()
        if code not in codes
    )


def check_profile(partner: Partner, names: Collection[str]) -> tuple[Problem, ...]:
    """A problem where the partner names a profile that there is not, with the nearest that there is."""
    if not partner.profile or partner.profile in names:
        return ()
    hint = did_you_mean(partner.profile, names)
    return (Problem(partner.file, partner.profile_line, f"no profile '{partner.profile}'{hint}"),)


@dataclass(frozen=True, slots=True)
class Partners(Mapping[str, Partner]):
    """All partners of a folder by name, and the hash of the files that they were read from (`sha256:...`)."""

    by_name: Mapping[str, Partner] = field(default_factory=dict, hash=False)
    version: str = f"sha256:{hashlib.sha256().hexdigest()}"

    def __getitem__(self, name: str) -> Partner:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    @classmethod
    def load(cls, folder: Path) -> "Partners":
        """The partners in a folder's `NAME.yaml`; none where there is no folder.

        Raises DocumentError with the problems of all files, OSError for a file that cannot be read.
        """
        return cls.of(texts_in(folder), folder)

    @classmethod
    def of(cls, texts: Mapping[str, bytes], folder: Path) -> "Partners":
        """The same of texts that were read before, by the names of their files in that folder."""
        found: dict[str, Partner] = {}
        problems: list[Problem] = []
        sources = hashlib.sha256()
        for name, source in texts.items():
            path = str(folder / name)
            sources.update(f"{name}\0{len(source)}\0".encode() + source)
            try:
                partner = load(source, path)
            except DocumentError as error:
                problems += error.problems
                continue
            if name != f"{partner.name}.yaml":
                problems.append(Problem(path, 1, f"partner '{partner.name}' belongs in {partner.name}.yaml"))
            found[partner.name] = partner
        if problems:
            raise DocumentError(problems)
        return cls(found, f"sha256:{sources.hexdigest()}")


def texts_in(folder: Path) -> dict[str, bytes]:
    """The partners' files of a folder by name; of one that is too large a byte too many, by which it is refused."""
    texts = {}
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        with path.open("rb") as file:
            texts[path.name] = file.read(SIZE + 1)
    return texts
