"""Which article a line means: beyond the rules' own examples, whatever the catalog."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing import article
from dq_service.parsing.check_digits import gs1_holds
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


@given(st.sampled_from(ROWS), st.sampled_from(ROWS), st.sampled_from(["", "active", "retired"]))
def test_what_the_catalog_has_plainly_has_nothing_wrong(one: Entry, other: Entry, status: str) -> None:
    catalog = Catalog.from_compiled(Catalog.compile([one._replace(status=status)]))
    for sku, gtin in ((one.sku, one.gtin), (one.sku, ""), (one.sku, other.gtin), (other.sku, one.gtin)):
        if catalog.has_plainly(sku, gtin):
            assert article.read(sku, gtin, catalog, True).marks == ()
    assert catalog.has_plainly(one.sku, one.gtin) is (status != "retired")
