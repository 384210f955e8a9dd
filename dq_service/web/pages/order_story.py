"""What happened to an order, newest first, as its page tells it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Final

from dq_service.intake.json_text import read
from dq_service.store.in_review import Comment, Decision
from dq_service.store.kept import Kept, ReceiptLine
from dq_service.store.orders import Revision
from dq_service.web.pages.done import told
from dq_service.web.pages.wording import label

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
_STANDS: Final = {"release": "released", "hold": "held", "refuse": "refused"}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing: what, by whom (empty: by itself), when, and more of it."""

    at: datetime
    what: str
    who: str = ""
    more: str = ""


def story(
    kept: Kept,
    revisions: Sequence[Revision],
    lines: Sequence[ReceiptLine],
    decisions: Sequence[Decision] = (),
    comments: Sequence[Comment] = (),
    names: Mapping[str, str] = NOBODY,
) -> list[Happened]:
    """All of it, newest first."""
    happened = [Happened(kept.received_at, f"Received from {kept.identity.partner or 'somebody'}", more=kept.channel)]
    happened += _revisions(revisions, kept)
    happened += _changes(lines, names)
    happened += [Happened(one.at, "Said", names.get(one.by, one.by), one.text) for one in comments]
    for one in decisions:
        state = {"pending": "", "applied": "", "undone": ", taken back", "stale": ", came to nothing"}[one.state]
        happened.append(Happened(one.decided_at, f"Decided: {told(one)}{state}", names.get(one.by, one.by), one.why))
    if kept.acknowledged is not None:
        said = kept.acknowledged
        frozen = ", and takes no other" if said.frozen else ""
        happened.append(Happened(said.at, f"Destination has revision {said.revision}{frozen}", said.by))
    order = sorted(enumerate(happened), key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    return [one for _, one in order]


def _revisions(revisions: Sequence[Revision], kept: Kept) -> Iterator[Happened]:
    before = ""
    for revision in revisions:
        result = read(revision.result)
        stands = _STANDS.get(result["action"], result["action"])
        if revision.number == kept.revision and kept.lifecycle in ("cancelled", "closed", "frozen"):
            stands = kept.lifecycle
        if stands != before:
            told = f"{stands.capitalize()}: {result['verdict']}"
            until = result["hold"]["why"] if result["hold"] else ""
            yield Happened(revision.at, told, more=until)
        before = stands


def _changes(lines: Sequence[ReceiptLine], names: Mapping[str, str]) -> Iterator[Happened]:
    def together(line: ReceiptLine) -> tuple[int, datetime, str]:
        return line.revision, line.at, line.who

    for (_, at, who), group in groupby(lines, key=together):
        fields = [label(line.field) for line in group]
        yield Happened(at, f"{'Repaired' if who == 'machine' else 'Changed'} {_list(fields)}", _name(who, names))
    for line in lines:
        if line.reverted_at is not None:
            yield Happened(line.reverted_at, f"Taken back: {label(line.field)}", _name(line.reverted_by, names))


def _name(who: str, names: Mapping[str, str]) -> str:
    return "" if who == "machine" else names.get(who, who)


def _list(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return ", ".join(names)
