"""Which column of a file is which field of an order, and how we know.

A heading that the contract or usage names is taken at its word; a misspelt one only where no other field is as
near; what the values look like decides between equals. A column that means nothing to us is kept as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.fields import shape_at
from dq_service.intake.headings import ABBREVIATIONS, OF_OTHER_THINGS, SHAPES, meanings, spoken, squashed, words

How = Literal["exact", "synonym", "near", "shape", "map", "profile"]

LOOKS_LIKE_IT: Final = 0.8  # share of the values that fit a field's shape
SHAPE_BONUS, NEAR_MALUS, SHAPE_ALONE = 50, 60, 10
_NO_NAME = re.compile(r"(?:column|col|field|unnamed|f|c)?[\s_:]*\d*(?:level\d+)?")  # squashed: Column1, Unnamed: 3
_BY_SHAPE: Final = (
    "ship_to.address.postal_code",
    "ship_to.email",
    "ship_to.phone",
    "ship_to.address.state",
    "ship_to.address.line1",
    "order_id",
)  # what values tell by themselves, the surest first
_PLACE = re.compile(r"\[(\d+)\]")


class NoSuchColumn(ValueError):
    """`--map` names a column that the file has not, or a field that the contract has not."""


@dataclass(frozen=True, slots=True)
class Match:
    """One column that is a field: `field` has its list places, `[*]` for the next entry of the list.

    `joined` is the column of the family name, where the name comes in two halves.
    """

    column: int
    heading: str
    field: str
    how: How
    joined: int | None = None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One column that goes into `extra`; `rival` is the field that it means too, which another column has."""

    column: int
    heading: str
    rival: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What each column of a file is, in the order of the columns."""

    matched: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    width: int  # of the headings


def match_columns(
    headings: Sequence[str], sample: Sequence[Sequence[Any]] = (), chosen: Mapping[str, str] | None = None
) -> ColumnMap:
    """The map for these headings; `sample` holds some rows, `chosen` is `--map`: the column's heading by field.

    No two columns get one field: the surer one has it, the other is among the unmatched with its rival named.
    Raises NoSuchColumn for a wrong `chosen`.
    """
    matches = dict(_chosen(headings, chosen or {}))
    taken = {match.field for match in matches.values()}
    rivals: dict[int, str] = {}
    claims = [claim for column, heading in enumerate(headings) for claim in _claims(column, heading, sample)]
    for _, column, field, how in sorted(claims, key=lambda claim: (-claim[0], claim[1])):
        if column in matches:
            continue
        if field in taken:
            rivals.setdefault(column, field)
            continue
        matches[column] = Match(column, headings[column], field, how)
        taken.add(field)
    _place_neighbours(matches, headings, sample)
    joined, halves = _join_names(matches)
    rivals |= halves
    return ColumnMap(
        tuple(matches[column] for column in sorted(matches)),
        tuple(
            Unmatched(column, heading, rivals.get(column, ""))
            for column, heading in enumerate(headings)
            if column not in matches and column not in joined
        ),
        len(headings),
    )


def _join_names(matches: dict[int, Match]) -> tuple[set[int], dict[int, str]]:
    """Makes one match of a first and a last name; a half without its other half, or beside a whole name, is none."""
    halves = {match.field: match for match in matches.values() if match.field.endswith((" first", " last"))}
    for one in list(halves):  # `Nom` is the whole name, but beside `Prénom`; as `Nombre` is beside `Apellidos`
        name, _, which = one.partition(" ")
        other = f"{name} last" if which == "first" else f"{name} first"
        whole_name = next((match for match in matches.values() if match.field == name), None)
        if whole_name is not None and other not in halves and other in _named(whole_name.heading):
            halves[other] = matches[whole_name.column] = replace(whole_name, field=other)
    whole = {match.field for match in matches.values()}
    joined: set[int] = set()
    rivals: dict[int, str] = {}
    for half in halves.values():
        del matches[half.column]
        rivals[half.column] = half.field.partition(" ")[0]
    for field, first in halves.items():
        name, _, which = field.partition(" ")
        last = halves.get(f"{name} last")
        if which == "first" and last and name not in whole:
            matches[first.column] = Match(first.column, first.heading, name, first.how, last.column)
            joined.add(last.column)
    return joined, rivals


def _chosen(headings: Sequence[str], chosen: Mapping[str, str]) -> Iterator[tuple[int, Match]]:
    by_name = {heading.strip().casefold(): column for column, heading in reversed(list(enumerate(headings)))}
    for field, name in chosen.items():
        column = by_name.get(name.strip().casefold())
        if column is None:
            raise NoSuchColumn(f"no column {name!r}; there are: {', '.join(headings)}")
        if not _is_leaf(field):
            raise NoSuchColumn(f"no field {field!r} that a column can fill; as in ship_to.address.city=Town")
        yield column, Match(column, headings[column], field, "map")


def _is_leaf(field: str) -> bool:
    try:
        return isinstance(shape_at(field), str)
    except ValueError:
        return False


def _claims(column: int, heading: str, sample: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int, str, How]]:
    """Each field that a column may be: how sure, the column, the field, and how we know."""
    values = _values(column, sample)
    for field, (sure, how) in _named(heading).items():
        yield sure + (SHAPE_BONUS if looks_like(field, values) else 0), column, field, how
    if _is_unnamed(heading):
        for rank, field in enumerate(_BY_SHAPE):
            if looks_like(field, values):
                yield SHAPE_ALONE - rank, column, field, "shape"
                return
    elif len(words(heading)) == 1 and OF_OTHER_THINGS.isdisjoint(words(heading)) and not _named(heading):
        for rank, field in enumerate(_BY_SHAPE[:3]):  # in a language that we do not know
            if looks_like(field, values):
                yield SHAPE_ALONE - rank - len(_BY_SHAPE), column, field, "shape"
                return


def _is_unnamed(heading: str) -> bool:
    return _NO_NAME.fullmatch(squashed(heading)) is not None


def _place_neighbours(matches: dict[int, Match], headings: Sequence[str], sample: Sequence[Sequence[Any]]) -> None:
    """Without headings, words before the state are the city, and words before the street the name."""
    fields = {match.field: match for match in matches.values()}
    for known, field in (("ship_to.address.state", "ship_to.address.city"), ("ship_to.address.line1", "ship_to.name")):
        match = fields.get(known)
        column = match.column - 1 if match is not None and match.how == "shape" else -1
        if column < 0 or column in matches or field in fields or not _is_unnamed(headings[column]):
            continue
        if looks_like(field, _values(column, sample)):
            matches[column] = Match(column, headings[column], field, "shape")


def _values(column: int, sample: Sequence[Sequence[Any]]) -> list[str]:
    return [text for row in sample if column < len(row) and (text := str(row[column] or "").strip())]


def _named(heading: str) -> dict[str, tuple[int, How]]:
    """The fields that a heading names, by contract, by usage, or nearly."""
    places = _PLACE.findall(heading)
    known = meanings().get(squashed(_PLACE.sub("", heading)), {})
    if known and (not places or any("[*]" in field for field in known)):
        return {
            _at(field, places): (sure, "exact" if sure == max(known.values()) >= 300 else "synonym")
            for field, sure in known.items()
        }
    spelt = words(heading)
    for number in (word for word in spelt if word.isdecimal() and int(word) in range(1, 100)):
        rest = list(spelt)
        rest.remove(number)
        fields = {f: sure for f, sure in meanings().get("".join(rest), {}).items() if f.startswith("items[*]")}
        if fields:  # `Item 2 SKU`
            return {f.replace("[*]", f"[{int(number) - 1}]"): (sure, "synonym") for f, sure in fields.items()}
    full = " ".join(ABBREVIATIONS.get(word, word) for word in spelt)
    if full != " ".join(spelt) and (meant := meanings().get(squashed(full))):
        return {field: (sure - 1, "synonym") for field, sure in meant.items()}
    return {field: (sure - NEAR_MALUS, "near") for field, sure in _near(spelt).items()}


def _at(field: str, places: list[str]) -> str:
    for place in places:
        field = field.replace("[*]", f"[{place}]", 1)
    return field


def _near(spelt: tuple[str, ...]) -> Mapping[str, int]:
    """The one field that a misspelt heading can mean; nothing where there are several.

    Each word may be off by one letter from four letters on, by two from eight on; shorter ones must be right.
    """
    heading = " ".join(spelt)
    if len(heading) < 6 or not OF_OTHER_THINGS.isdisjoint(spelt):
        return {}
    found: dict[str, int] = {}
    for known, _, _ in process.extract(heading, list(spoken()), scorer=OSA.distance, score_cutoff=3, limit=20):
        if len(known.split()) == len(spelt) and all(map(_misspelt, spelt, known.split())):
            for field, sure in spoken()[known].items():
                found[field] = max(sure, found.get(field, 0))
    return found if len(found) == 1 else {}


def _misspelt(word: str, known: str) -> bool:
    allowed = 0 if min(len(word), len(known)) < 4 or word.isdecimal() else 1 if len(known) < 8 else 2
    return OSA.distance(word, known) <= allowed


def looks_like(field: str, values: Sequence[str]) -> bool:
    """Whether most of the values have the field's shape; False where it has none or there are no values."""
    shape = SHAPES.get(field.rpartition(".")[2])
    if shape is None or not values:
        return False
    return sum(bool(shape.fullmatch(value)) for value in values) >= LOOKS_LIKE_IT * len(values)


def is_heading(text: str) -> bool:
    """Whether a text is a heading that we know, rightly spelt."""
    return squashed(_PLACE.sub("", text)) in meanings()


def is_value(text: str) -> bool:
    """Whether a text can only be a value, never a heading: a number, an e-mail, a phone."""
    return looks_like("email", [text]) or looks_like("phone", [text]) or text.replace(".", "").isdecimal()
