"""What an address's text is read as, and that our reading is usaddress's own."""

from itertools import product

import pytest
import usaddress
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing import crf
from dq_service.parsing.address import LONGEST, parse

NUMBERS = ("14205", "7", "110-20", "12 1/2", "N6W23001", "One", "100-A", "12½")
STREETS = (
    "Ida Street",
    "W Maple Ave.,",
    "Old Mill Rd Ext",
    "US Highway 431 North",
    "U S HIGHWAY 431",
    "County Road 12",
    "2880 S",
    "Avenue of the Americas",
    "rue Sherbrooke O",
    "Ñuñoa Ct",
    "St. Paul's Blvd N.W.",
)
UNITS = ("", "Apt 4B", "# 12", "Ste. 301, Fl 3", "PMB 42", "Lot 5 (rear)")
LAST_LINES = ("", ", Omaha, NE 68142", "Elk Grove Village, Illinois 60007-1234 USA")
ODD = (
    "PO Box 1234",
    "P.O. BOX 99, Guaynabo PR 00970",
    "RR 2 Box 152",
    "HC 68 Box 23A",
    "PSC 802 Box 74",
    "CMR 402 BOX 1234, APO AE 09180",
    "UNIT 2050 BOX 4190 APO AP 96278",
    "URB LAS GLADIOLAS 150 CALLE A",
    "General Delivery",
    "Main St &amp; 5th Ave",
    "Main St &#38; 5th Ave",
    "c/o Aisha Martinez; 14205 Ida Street",
    "Blk 4 Lot 12",
    "1️⃣2️⃣ Main St",
    "𝟙𝟚 Main St",
    "² Main St",
    "12\u00a0Main\u2003St\u200b",
    "12 Main St\n\nOmaha\tNE",
    "北京市朝阳区 12",
    "שדרות רוטשילד 12",
    "e\u0301cole 12",
    "x\x00y 12",
    "_ _ 12",
    "00000 Main 000",
)


def generated_lines() -> list[str]:
    """Made-up address lines of every form, some 1,600, thinned to a few hundred."""
    plain = [
        " ".join(part for part in parts if part).replace(" ,", ",")
        for parts in product(NUMBERS, STREETS, UNITS, LAST_LINES)
    ]
    return plain[::5] + list(ODD)


@pytest.mark.parametrize("line", generated_lines())
def test_labels_and_probability_are_those_of_usaddress(line: str) -> None:
    stock = usaddress.parse(line)
    tokens = crf.tokenize(line)
    labels, probability = crf.label(tokens)
    assert list(zip(tokens, labels, strict=True)) == stock
    assert probability == pytest.approx(usaddress.TAGGER.probability(labels), abs=1e-9)


@pytest.mark.parametrize("text", ["", " ", ".,;()", "😀", "\n", "-", "(((((", "\ud800"])
def test_what_has_no_words_has_no_parts(text: str) -> None:
    reading = parse(text)
    assert reading.tokens == ()
    assert reading.confidence == 0.0
    assert (reading.kind, reading.number, reading.street, reading.occupancies) == ("unclear", "", "", [])


def test_a_text_without_end_is_read_up_to_its_cap() -> None:
    reading = parse("14205 Ida Street " * 1000)
    assert len(reading.text) == LONGEST
    assert reading.number == "14205"


@given(st.text(max_size=60) | st.text(alphabet="12 Aa.,;#&()-½\n", max_size=40))
def test_any_text_is_read(text: str) -> None:
    reading = parse(text)
    assert 0.0 <= reading.confidence <= 1.0 + 1e-9
    assert [token for token, _ in reading.tokens] == usaddress.tokenize(text)
    assert reading.kind in {"street", "po_box", "rural_route", "intersection", "unclear"}


PARTS = {
    "plain": ("14205 Ida Street Apt 4B", {"number": "14205", "street": "Ida", "suffix": "Street"}),
    "whole": (
        "14205 N Ida St., Omaha, NE 68142-1234",
        {"predirectional": "N", "suffix": "St.", "place": "Omaha", "state": "NE", "postal_code": "68142-1234"},
    ),
    "grid": ("380 W 2880 S", {"number": "380", "predirectional": "W", "street": "2880", "postdirectional": "S"}),
    "Queens": ("110-20 73rd Ave", {"number": "110-20", "street": "73rd", "suffix": "Ave"}),
    "fraction": ("12 1/2 Main St", {"number": "12 1/2", "street": "Main"}),
    "U S highway": ("2505 U S HIGHWAY 431 NORTH", {"number": "2505", "street": "U S HIGHWAY 431"}),
    "state route": ("1500 State Rte 9", {"number": "1500", "street": "State Rte 9", "suffix": ""}),
    "suffix with an extension": ("1 Old Mill Rd Ext", {"street": "Old Mill", "suffix": "Rd Ext"}),
    "care of": ("c/o Aisha Martinez 14205 Ida Street", {"recipient": "c/o Aisha Martinez", "number": "14205"}),
    "two addresses": ("123 Main St Apt 4 99 Oak Ave", {"number": "123", "street": "Main", "kind": "unclear"}),
    "crossing": ("Main St & 5th Ave", {"kind": "intersection", "street": "Main", "cross_street": "5th Ave"}),
    "box": ("P.O. Box 1234, Omaha NE", {"kind": "po_box", "po_box": "P.O. Box 1234", "place": "Omaha"}),
    "box and street": ("PO Box 12 123 Main St", {"kind": "street", "po_box": "PO Box 12", "number": "123"}),
    "military": ("PSC 802 Box 74", {"kind": "po_box", "po_box": "PSC 802 Box 74"}),
    "general delivery": ("General Delivery", {"kind": "po_box", "po_box": "General Delivery"}),
    "rural route": ("RR 2 Box 152", {"kind": "rural_route", "po_box": "RR 2 Box 152"}),
    "highway contract": ("HC 68 Box 23A", {"kind": "rural_route", "po_box": "HC 68 Box 23A"}),
    "no number": ("County Road 12", {"kind": "unclear", "number": "", "street": "County Road 12"}),
}


@pytest.mark.parametrize(("text", "parts"), PARTS.values(), ids=PARTS)
def test_parts(text: str, parts: dict[str, str]) -> None:
    reading = parse(text)
    assert {name: getattr(reading, name) for name in parts} == parts


UNITS_READ = {
    "apartment": ("14205 Ida Street Apt 4B", [("Apt", "4B")]),
    "sign alone": ("123 Main St #4, Omaha, NE 68142", [("#", "4")]),
    "sign after the word": ("1500 State Rte 9 Apt # 4", [("Apt", "4")]),
    "floor and suite": ("123 Main St Fl 3, Ste 301", [("Fl", "3"), ("Ste", "301")]),
    "apartment and building": ("123 Main St Apt 4B Bldg 2", [("Apt", "4B"), ("Bldg", "2")]),
    "private mailbox": ("123 Main St PMB 42", [("PMB", "42")]),
    "none": ("14205 Ida Street", []),
}


@pytest.mark.parametrize(("text", "units"), UNITS_READ.values(), ids=UNITS_READ)
def test_units(text: str, units: list[tuple[str, str]]) -> None:
    assert parse(text).occupancies == units


def test_a_reading_is_remembered() -> None:
    assert parse("14205 Ida Street") is parse("14205 Ida Street")
