"""Lines, packages, totals and articles beyond the rules' own examples."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import items, whole_order
from dq_service.checks import line as look
from dq_service.context import Context
from dq_service.order import Order
from dq_service.parsing import article
from dq_service.parsing.check_digits import gs1_holds
from dq_service.partner import BUILT_IN
from dq_service.reference.bundle import Reference
from dq_service.reference.bundle import load as load_reference
from dq_service.reference.catalog import Catalog, Entry


def with_check_digit(body: str) -> str:
    return next(body + digit for digit in "0123456789" if gs1_holds(body + digit))


def made_up(count: int, seed: int) -> list[Entry]:
    """A catalog of made-up articles, letters and numbers apart by hyphens."""
    chance = random.Random(seed)
    skus = {
        f"{''.join(chance.choices('BCDFGLMRST', k=3))}-{chance.randint(0, 9999):04d}-{chance.choice('ABKM')}{digit}"
        for digit in (chance.randint(0, 9) for _ in range(count))
    }
    return [Entry(sku, with_check_digit(str(chance.randint(10**11, 10**12 - 1)))) for sku in sorted(skus)]


ROWS = made_up(400, 5)
CATALOG = Catalog.from_compiled(Catalog.compile(ROWS))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = Path(__file__).parents[2] / "reference_data"
    reference: Reference = load_reference(folder, None, tmp_path_factory.mktemp("cache"))
    return Context(datetime(2026, 12, 1, 18, tzinfo=UTC), reference, BUILT_IN)


@given(st.sampled_from(ROWS), st.integers(0, 10), st.booleans())
def test_a_lost_sign_is_repaired_only_where_the_gtin_confirms(entry: Entry, place: int, confirmed: bool) -> None:
    written = entry.sku[:place] + entry.sku[place + 1 :]
    reading = article.read(written, entry.gtin if confirmed else "", CATALOG, True)
    best, share, _ = reading.meant[0]
    if reading.marks == ("form",):  # the sign was a separator, or a zero that no number needs
        return
    assert reading.marks == ("misspelt",)
    assert (share >= 0.995) is confirmed
    assert not confirmed or best == entry


@given(st.sampled_from(ROWS), st.sampled_from(ROWS))
def test_two_articles_in_one_line_are_never_settled(one: Entry, other: Entry) -> None:
    reading = article.read(one.sku, other.gtin, CATALOG, True)
    if one == other:
        assert reading.marks == ()
    else:
        assert reading.marks == ("contradicts",)
        assert max(share for _, share, _ in reading.meant) < 0.995


@given(st.sampled_from(ROWS), st.integers(0, 12), st.integers(1, 9))
def test_a_wrong_gtin_is_never_changed_without_asking(entry: Entry, place: int, more: int) -> None:
    digit = str((int(entry.gtin[place]) + more) % 10)
    reading = article.read(entry.sku, entry.gtin[:place] + digit + entry.gtin[place + 1 :], CATALOG, True)
    assert reading.marks == ("gtin_wrong",)
    assert reading.gtin == ""


def test_without_a_catalog_no_sku_is_wrong() -> None:
    for sku in ("", "A", "IPOD2008GREEN", "1E5-LAMP", "ünïcode"):
        assert article.read(sku, "", None, True).marks == ()


@pytest.mark.parametrize(
    ("gtin", "marks"),
    [
        ("036000291452", ()),
        ("40170725", ()),
        ("00036000291452", ()),
        ("36000291452", ("gtin_form",)),
        ("5.53799E+12", ()),  # the rule of scientific notation tells
        ("0000000000000", ("gtin_wrong",)),
        ("B0ABCD1234", ("gtin_wrong",)),
    ],
)
def test_a_gtin_without_a_catalog(gtin: str, marks: tuple[str, ...]) -> None:
    assert article.read("X", gtin, None, True).marks == marks


def test_in_an_incomplete_catalog_a_near_sku_is_only_offered() -> None:
    entry = ROWS[0]
    written = entry.sku[:4] + entry.sku[5:]
    assert article.read(written, "", CATALOG, False).marks == ("unlisted",)
    assert max(share for _, share, _ in article.read(written, entry.gtin, CATALOG, False).meant) < 0.995


@pytest.mark.parametrize(
    "totals",
    [
        (195.67, 3.33, 0, 3.98, 196.32),  # the discount as it is
        (199.00, -3.33, 0, 3.98, 199.65),  # below nought
        (195.67, 3.33, 0, 3.98, 199.65),  # already off the goods
        (100, 0, 5, 17.5, 105),  # tax included
    ],
)
def test_every_usual_way_of_adding_up_is_right(totals: tuple[float, ...], context: Context) -> None:
    names = ("goods", "discount", "shipping", "tax", "total")
    part = Order({"totals": dict(zip(names, totals, strict=True))}).part("totals")
    assert items.totals_differ(part, context, tolerance=0.05) == ()


@pytest.mark.parametrize("unit", ["lb", "KG", "gallons", "wheelbarrow"])
def test_a_fraction_of_what_is_measured_is_no_mistake(unit: str, context: Context) -> None:
    part = Order({"items": [{"quantity": 2.5, "unit": unit}]}).part("items[0]")
    assert items.quantity_broken(part, context) == ()


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5)
)
def test_every_check_answers_to_anything(context: Context, value: Any) -> None:
    order = Order({"items": value, "packages": [{"weight": {"value": value, "unit": value}, "dimensions": value}]})
    whole_order.marks(order.part(""), context)
    items.items_missing(order.part(""), context)
    items.not_provided_for(order.part(""), context, goods="age")
    package = order.part("packages[0]")
    for measure in ("weight", "length"):
        items.unit_missing(package, context, measure=measure)
    items.measure_absurd(package, context, heaviest_kg=1, longest_m=1)
    line = Order({"items": [{"quantity": value, "sku": value, "gtin": value}]}).part("items[0]")
    look.marks(line, context)
