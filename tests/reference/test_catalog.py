"""Which SKU is meant: other dress, mistaken letters, slips, GTINs, retired articles."""

import marshal
import random
import string

import pytest

from dq_service.reference.catalog import Catalog, Entry, plain_form

ENTRIES = (
    Entry("LMP-1496-R9", "5537992751283", "lamp"),
    Entry("CHR-0822-M6", "0566518735679", "chair"),
    Entry("TV-1010-K2", "", "set", "retired", "TV-2020-K2"),
    Entry("TV-2020-K2", "", "set", "retired", "TV-3030-K2"),
    Entry("TV-3030-K2", "", "set"),
    Entry("OLD-1", "", "", "retired", "OLD-2"),
    Entry("OLD-2", "", "", "retired", "OLD-1"),
    Entry("A-1-23", "", ""),
    Entry("A-12-3", "", ""),
    Entry("BX-007-1", "", ""),
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.from_compiled(marshal.loads(marshal.dumps(Catalog.compile(ENTRIES))))


def skus(found: tuple[Entry, ...]) -> list[str]:
    return [entry.sku for entry in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LMP-1496-R9", ["LMP-1496-R9"]),
        ("lmp 1496_r9", ["LMP-1496-R9"]),
        ("LMP1496R9", ["LMP-1496-R9"]),
        ("CHR-822-M6", ["CHR-0822-M6"]),
        ("chr00822m6", ["CHR-0822-M6"]),
        ("BX-7-01", ["BX-007-1"]),
        ("A123", ["A-1-23", "A-12-3"]),
        ("A-1-23", ["A-1-23", "A-12-3"]),
        ("LMP-1496-R8", []),
        ("", []),
    ],
)
def test_same_form(catalog: Catalog, text: str, found: list[str]) -> None:
    assert skus(catalog.same_form(text)) == found


def test_exactly(catalog: Catalog) -> None:
    assert "LMP-1496-R9" in catalog
    assert "lmp-1496-r9" not in catalog
    assert catalog.get("CHR-0822-M6") == ENTRIES[1]
    assert catalog.get("CHR") is None
    assert len(catalog) == len(ENTRIES)


def test_confused_letters(catalog: Catalog) -> None:
    assert skus(catalog.confused("TV-3O3O-K2")) == ["TV-3030-K2"]
    assert skus(catalog.confused("LMP-I496-R9")) == ["LMP-1496-R9"]
    assert skus(catalog.confused("LMP-1496-R8")) == []


@pytest.mark.parametrize(
    ("text", "sku", "slips"),
    [
        ("LMP-1469-R9", "LMP-1496-R9", 1),
        ("LPM-1496-R9", "LMP-1496-R9", 1),
        ("LMP-149-R9", "LMP-1496-R9", 1),
        ("LMPP-1496-R9", "LMP-1496-R9", 1),
        ("LNP-1496-R8", "LMP-1496-R9", 2),
        ("LM1496-R", "LMP-1496-R9", 2),
    ],
)
def test_slips(catalog: Catalog, text: str, sku: str, slips: int) -> None:
    entry, counted = catalog.near(text)[0]
    assert (entry.sku, counted) == (sku, slips)


def test_too_far_or_too_short(catalog: Catalog) -> None:
    assert catalog.near("XYZ-1496-R8") == ()
    assert catalog.near("A-1") == ()


def test_gtin(catalog: Catalog) -> None:
    assert skus(catalog.by_gtin("5537992751283")) == ["LMP-1496-R9"]
    assert skus(catalog.by_gtin("566518735679")) == ["CHR-0822-M6"]
    assert catalog.by_gtin("") == ()


def test_replacement(catalog: Catalog) -> None:
    assert catalog.replacement(ENTRIES[2]) == ENTRIES[4]
    assert catalog.replacement(ENTRIES[5]) is None  # each replaces the other
    assert catalog.replacement(ENTRIES[0]) is None


def test_a_sku_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        Catalog.compile([Entry("A"), Entry("A")])


def test_every_single_slip_is_found_in_a_large_catalog() -> None:
    chance = random.Random(5)
    names = {f"{chance.choice('XYZ')}B-{chance.randrange(10_000):04}-{chance.choice('PQ')}" for _ in range(5_000)}
    catalog = Catalog.from_compiled(Catalog.compile(map(Entry, sorted(names))))
    for name in chance.sample(sorted(names), 200):
        place = chance.randrange(len(plain_form(name)))
        plain = plain_form(name)
        wrong = plain[:place] + chance.choice(string.ascii_uppercase) + plain[place + 1 :]
        if not catalog.same_form(wrong):
            found = catalog.near(wrong)
            assert found
            assert found[0][1] == 1
