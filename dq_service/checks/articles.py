"""Which article a line of an order means: what is wrong with its SKU and GTIN, and what they may be.

One reading tells it for both fields, so that one matter gives one finding.
"""

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.article import Reading, bare, reading_of
from dq_service.reference.catalog import Catalog


def sku_reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """The SKU of a line that the marks describe so."""
    reading = _reading_of(part, context)
    if as_ not in reading.marks:
        return ()
    fields = (part.field("sku"), part.field("gtin")) if as_ in ("retired", "contradicts", "swallowed") else ()
    return (Observation(part.field("sku"), part.text("sku"), fields, reading),)


def sku_meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The SKUs that are meant, best first; the GTIN confirms what it names."""
    out = []
    for entry, share, why in seen.clue.meant:
        named = bool(part.text("gtin")) and bare(part.text("gtin")).zfill(14) == entry.gtin.zfill(14)
        out.append(Candidate({seen.field: entry.sku}, share, why, (part.field("gtin"),) if named else ()))
    return out


def sku_replaced(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The article that follows a retired one, with its GTIN where the retired one's stood."""
    out = []
    for entry, share, why in seen.clue.meant:
        changes = {seen.field: entry.sku}
        given = bare(part.text("gtin"))
        if given and given.zfill(14) != entry.gtin.zfill(14):
            changes[part.field("gtin")] = entry.gtin
        out.append(Candidate(changes, share, why, (seen.field,)))
    return out


def sku_out_of_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The SKU of the GTIN that stands in the SKU's field, and the GTIN in its own."""
    return tuple(
        Candidate({seen.field: entry.sku, part.field("gtin"): entry.gtin}, share, why)
        for entry, share, why in seen.clue.meant
    )


def either_article(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The GTIN of the SKU, or the SKU of the GTIN: which of the two is wrong, only a person can know."""
    return tuple(
        Candidate({part.field("gtin"): entry.gtin} if entry.sku == seen.value else {seen.field: entry.sku}, share, why)
        for entry, share, why in seen.clue.meant
        if entry.sku != seen.value or entry.gtin
    )


def gtin_reads(part: Part, context: Context, *, as_: Sequence[str], key: bool) -> Sequence[Observation]:
    """The GTIN of a line that one of these marks describes; `key`: for partners whose items are picked by GTIN."""
    reading = _reading_of(part, context)
    if key is not context.partner.gtin_is_key or not set(as_).intersection(reading.marks):
        return ()
    return (Observation(part.field("gtin"), part.text("gtin"), (), reading),)


def gtin_misformed(part: Part, context: Context) -> Sequence[Observation]:
    """A GTIN in groups of digits or without its leading zeros, whose check digit holds."""
    return (Observation(part.field("gtin"), part.text("gtin"), (), _reading_of(part, context)),)


def gtin_in_form(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The same number without spaces and hyphens, with its leading zeros."""
    return (Candidate({seen.field: seen.clue.gtin}, None, "the check digit holds"),)


def gtin_of_sku(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The GTIN that the catalog has for the SKU; none where the SKU names no article."""
    catalog = _catalog(context)
    entry = catalog.get(part.text("sku")) if catalog else None
    if entry is None or not entry.gtin:
        return ()
    slips = OSA.distance(bare(seen.value).zfill(14), entry.gtin.zfill(14), score_cutoff=2)
    share = 0.99 if slips <= 1 else 0.95 if slips <= 2 else 0.85
    return (Candidate({seen.field: entry.gtin}, share, f"the catalog's GTIN of {entry.sku}", (part.field("sku"),)),)


def _catalog(context: Context) -> Catalog | None:
    name = context.partner.catalog
    return context.reference.catalogs.get(name) if name else None


def _reading_of(part: Part, context: Context) -> Reading:
    return reading_of(part.value, _catalog(context), complete=context.partner.catalog_complete)
