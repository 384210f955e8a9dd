"""Which article a line of an order means: its SKU and GTIN against each other and the partner's catalog.

Nothing is ever matched by its description.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import exp
from typing import Any, Final, NamedTuple

from rapidfuzz.distance import OSA

from dq_service.parsing.check_digits import SCIENTIFIC, gs1_holds, is_gtin
from dq_service.reference.catalog import Catalog, Entry, is_near, plain_form

_GROUPED: Final = re.compile(r"[\s-]+")
_LENGTHS: Final = (8, 12, 13, 14)
_SHORTEST: Final = 7  # digits of a GTIN that lost its leading zeros
_SURE: Final = 0.999  # the same SKU in another dress, or the one that the GTIN names
_REPLACED: Final = 0.997  # the catalog names the follower
_UNCONFIRMED: Final = 0.99  # the most that nearness alone can say
_UNKNOWN: Final = 0.015  # how often a SKU that is near another is a new article that the catalog does not have yet

Told = tuple[Entry, float, str]  # an article that may be meant, how likely, and why


class Reading(NamedTuple):
    """What stands in a line's SKU and GTIN: `marks` name what is wrong, `meant` the articles, best first.

    `gtin` is the GTIN as it should stand, where only its form is wrong.
    """

    marks: tuple[str, ...] = ()
    meant: tuple[Told, ...] = ()
    gtin: str = ""


_FINE: Final = Reading()


def reading_of(line: Mapping[str, Any], catalog: Catalog | None, *, complete: bool) -> Reading:
    """The reading of a line's SKU and GTIN. `complete`: an article that the catalog does not have does not exist."""
    sku, gtin = line.get("sku") or "", line.get("gtin") or ""
    if type(sku) is not str or type(gtin) is not str:
        return _FINE  # the rules of types have told
    return read(sku, gtin, catalog, complete)


@lru_cache(maxsize=16384)
def read(sku: str, gtin: str, catalog: Catalog | None, complete: bool) -> Reading:
    """The same for the two texts."""
    if catalog is None:
        form = _gtin_form(gtin)
        return Reading(("gtin_form",), (), form) if form else Reading(("gtin_wrong",)) if _is_wrong(gtin) else _FINE
    entry = catalog.get(sku) if sku else None
    named = [one for one in catalog.by_gtin(bare(gtin)) if not one.retired or one == entry] if gtin else []
    if entry is not None:
        return _of_article(entry, gtin, named, catalog)
    marks, meant = _of_unknown(sku, gtin, named, catalog, complete)
    form = _gtin_form(gtin)
    if meant and meant[0][0] in named:
        form = meant[0][0].gtin if meant[0][0].gtin != gtin else ""
    if form and "swallowed" not in marks:
        marks = (*marks, "gtin_form")
    elif not named and _is_wrong(gtin):
        marks = (*marks, "gtin_wrong")
    return Reading(marks, meant, form)


def _of_article(entry: Entry, gtin: str, named: list[Entry], catalog: Catalog) -> Reading:
    """A line whose SKU is in the catalog."""
    if entry.retired:
        follower = catalog.replacement(entry)
        if follower is None:
            return Reading(("retired",))
        if not named or named == [entry] or follower in named:
            return Reading(("retired",), ((follower, _REPLACED, f"the catalog replaces {entry.sku} by it"),))
    if not gtin or not entry.gtin:
        form = _gtin_form(gtin)
        return Reading(("gtin_form",), (), form) if form else Reading(("gtin_wrong",)) if _is_wrong(gtin) else _FINE
    if gtin == entry.gtin or entry in named:
        return _FINE if gtin == entry.gtin else Reading(("gtin_form",), (), entry.gtin)
    if named:
        told = ((entry, 0.45, "the SKU names it"), (named[0], 0.4, "the GTIN names it"))
        if OSA.distance(plain_form(entry.sku), plain_form(named[0].sku), score_cutoff=1) <= 1:
            told = (
                (named[0], 0.8, "the GTIN names it, and the SKU is one slip away"),
                (entry, 0.15, "the SKU names it"),
            )
        return Reading(("contradicts",), told)
    if _is_wrong(gtin) or OSA.distance(bare(gtin).zfill(14), entry.gtin.zfill(14)) <= 2:
        return Reading(("gtin_wrong",))
    return Reading(("gtin_other",))


def _of_unknown(
    sku: str, gtin: str, named: list[Entry], catalog: Catalog, complete: bool
) -> tuple[tuple[str, ...], tuple[Told, ...]]:
    """A line whose SKU is blank or not in the catalog: what is wrong with it, and the articles that may be meant."""
    if not sku:
        if named:
            return ("blank",), tuple((one, _SURE / len(named), "the GTIN names it") for one in named)
        return (("unknown" if complete else "unlisted",), ()) if gtin else ((), ())
    for mark, found in (("form", catalog.same_form(sku)), ("confused", catalog.confused(sku))):
        if not found:
            continue
        both = [one for one in found if one in named]
        if len(found) == 1 and (both or not named):
            return (mark,), _told_alone(sku, found[0], mark, catalog, confirmed=bool(both), complete=complete)
        if len(both) == 1:
            return (mark,), ((both[0], _SURE, "the GTIN names it too"),)
        if not named:
            return (mark,), tuple((one, 1 / len(found), "the same letters and digits") for one in found)
        told = (*((one, 0.45 / len(found), "the SKU reads so") for one in found), (named[0], 0.44, "the GTIN names it"))
        return ("contradicts",), told
    swallowed = catalog.by_gtin(bare(sku)) if is_gtin(bare(sku)) else ()
    if len(swallowed) == 1 and (not gtin or list(swallowed) == named):
        return ("swallowed",), ((swallowed[0], _SURE, "the GTIN names it"),)
    if len(named) == 1:
        share = 0.85 if not is_near(sku, named[0].sku) else _SURE if complete else 0.97
        return ("misspelt",), ((named[0], share, "the GTIN names it"),)
    meant = _likely(sku, gtin, catalog.near(sku), complete)
    if meant and complete:
        return ("misspelt",), meant
    return ("unknown" if complete else "unlisted",), meant


def _told_alone(
    sku: str, entry: Entry, mark: str, catalog: Catalog, *, confirmed: bool, complete: bool
) -> tuple[Told, ...]:
    """The one article of that form; less sure where zeros were left out and another is one slip away, or where a
    catalog that is not complete may lack the SKU as it is written.
    """
    why = "the same letters and digits"
    if confirmed or plain_form(sku) == plain_form(entry.sku):
        return ((entry, _SURE, why),)
    others = [one for one, slips in catalog.near(sku) if slips == 1 and one != entry and not one.retired]
    if others and mark == "form":
        rest = 0.4 / len(others)
        return ((entry, 0.6, why), *((one, rest, "one slip away") for one in others))
    return ((entry, _SURE if mark == "form" or complete else 0.9, why),)


def _likely(sku: str, gtin: str, near: Sequence[tuple[Entry, int]], complete: bool) -> tuple[Told, ...]:
    """The articles near a SKU, each with its probability: a second slip is forty times rarer than one, and the one
    whose GTIN is a slip away from the line's is a hundred times likelier than another.
    """
    weights = []
    given = bare(gtin)
    for entry, slips in near:
        weight = exp(-3.7 * (slips - 1)) * _share(plain_form(sku), plain_form(entry.sku))
        if given and entry.gtin:
            weight *= 100 if OSA.distance(given.zfill(14), entry.gtin.zfill(14)) <= 1 else 1
        weights.append((weight * (0.1 if entry.retired else 1), entry))
    weights.sort(key=lambda pair: -pair[0])
    total = sum(weight for weight, _ in weights) + (_UNKNOWN if complete else 0.5)
    why = "one or two slips away"
    return tuple((entry, round(min(weight / total, _UNCONFIRMED), 4), why) for weight, entry in weights)


def _share(written: str, meant: str) -> float:
    """How likely a slip of this kind is: a sign lost, or two swapped, is commoner than one wrong or added."""
    if len(written) < len(meant) or sorted(written) == sorted(meant):
        return 1.0
    return 0.5


def bare(gtin: str) -> str:
    """A GTIN without spaces and hyphens."""
    return _GROUPED.sub("", gtin[:40])


def _is_wrong(gtin: str) -> bool:
    """Whether a GTIN cannot be one: its length or check digit is wrong. What a spreadsheet ate is told elsewhere."""
    return bool(gtin) and not is_gtin(bare(gtin)) and not SCIENTIFIC.fullmatch(gtin)


def _gtin_form(gtin: str) -> str:
    """A GTIN without spaces and hyphens, with its leading zeros, where the check digit holds; empty if it stands so."""
    digits = bare(gtin)
    if not digits.isascii() or not digits.isdecimal() or len(digits) < _SHORTEST:
        return ""
    whole = next((digits.zfill(length) for length in _LENGTHS if len(digits) <= length), "")
    return whole if whole and whole != gtin and gs1_holds(whole) else ""
