"""E-mail domains, countries, Canada and units, in the forms that senders write."""

import pytest

from dq_service.reference.bundle import Reference
from dq_service.reference.units import UnitKind


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("Gmail.com", "provider"),
        ("marketplace.amazon.com", "relay"),
        ("yopmail.com", "disposable"),
        ("alt.yopmail.com", "disposable"),
        ("mail.gmail.com", ""),
        ("example.com", ""),
    ],
)
def test_domain_kind(reference: Reference, domain: str, kind: str) -> None:
    assert reference.email_domains.kind(domain) == kind


@pytest.mark.parametrize(
    ("domain", "best"),
    [("gmial.com", "gmail.com"), ("gmail,com", "gmail.com"), ("gmail.con", "gmail.com"), ("hotmal.com", "hotmail.com"),
     ("aol.con", "aol.com"), ("alo.com", "aol.com"), ("aolcom", "aol.com"), ("gmail", "gmail.com"),
     ("comcast.ent", "comcast.net")],
)  # fmt: skip
def test_domain_one_slip_away(reference: Reference, domain: str, best: str) -> None:
    assert reference.email_domains.near(domain)[0] == best


@pytest.mark.parametrize("domain", ["gmail.com", "ymail.com", "acl.com", "ats.net", "example.com", "", "com", "cox"])
def test_domain_of_its_own(reference: Reference, domain: str) -> None:
    assert reference.email_domains.near(domain) == ()


def test_roles(reference: Reference) -> None:
    assert reference.email_domains.is_role("Info")
    assert reference.email_domains.is_role("orders+web")
    assert not reference.email_domains.is_role("aisha")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"), ("usa", "US"), ("U.S.A.", "US"), ("The United States of America", "US"), ("États-Unis", "US"),
        ("etats unis", "US"), ("EE. UU.", "US"), ("Can.", "CA"), ("CAN", "CA"), ("canada ", "CA"), ("UK", "GB"),
        ("Trinidad & Tobago", "TT"), ("Côte d’Ivoire", "CI"), ("The Netherlands", "NL"), ("Mexico", "MX"),
        ("Theland", ""),
        ("Nebraska", ""), ("", ""),
    ],
)  # fmt: skip
def test_country(reference: Reference, text: str, code: str) -> None:
    assert reference.countries.code(text) == code


def test_all_countries_of_iso_3166_1(reference: Reference) -> None:
    assert len(reference.countries) == 249
    assert reference.countries.name("NO") == "Norway"
    assert "UK" not in reference.countries


@pytest.mark.parametrize(
    ("text", "code"),
    [("Que.", "QC"), ("PQ", "QC"), ("Québec", "QC"), ("NF", "NL"), ("YK", "YT"), ("Ont.", "ON"), ("on", "ON"),
     ("Colombie-Britannique", "BC"), ("Î.-P.-É.", "PE"), ("Nebraska", ""), ("", "")],
)  # fmt: skip
def test_province(reference: Reference, text: str, code: str) -> None:
    assert reference.canada.province(text) == code


@pytest.mark.parametrize(
    ("code", "province"),
    [
        ("K1A 0B1", "ON"),
        ("H2X 1Y4", "QC"),
        ("X0A 0H0", "NU"),
        ("X1A 2N2", "NT"),
        ("V6B 1A1", "BC"),
        ("D1A 1A1", ""),
        ("X9Z", ""),
    ],
)
def test_province_of_postal_code(reference: Reference, code: str, province: str) -> None:
    assert reference.canada.province_of(code) == province


@pytest.mark.parametrize(
    ("text", "code", "slips"),
    [
        ("K1A 0B1", "K1A 0B1", "K1A 0B1"),
        ("k1a0b1", "K1A 0B1", "K1A 0B1"),
        ("K1A-0B1", "K1A 0B1", "K1A 0B1"),
        ("K1A OB1", "", "K1A 0B1"),
        ("KIA 0BI", "", "K1A 0B1"),
        ("W1A 0B1", "", ""),
        ("K1D 0B1", "", ""),
        ("K10 0B1", "", ""),
        ("68142", "", ""),
    ],
)
def test_postal_code(reference: Reference, text: str, code: str, slips: str) -> None:
    canada = reference.canada
    assert canada.postal_code(text) == code
    assert canada.read_slips(text) == slips
    assert canada.is_postal_code(text) is (text == code)


def test_units(reference: Reference) -> None:
    units = reference.units
    asked: list[tuple[UnitKind, str, str]] = [
        ("weight", "Lbs. KGS oz # stone", "lb kg oz lb -"),
        ("length", 'inches " CM lb', "in in cm -"),
        ("quantity", "each EA Cases dz lbs blorp", "EA EA CS DZ LB -"),
    ]
    for kind, words, codes in asked:
        found = [units.unit(kind, word) for word in words.split()]
        assert " ".join(unit.code if unit else "-" for unit in found) == codes
    assert [units.countable(text) for text in ("EA", "pound", "blorp")] == [True, False, None]
    pound = units.unit("weight", "pounds")
    assert pound is not None
    assert pound.factor == pytest.approx(453.59237)
