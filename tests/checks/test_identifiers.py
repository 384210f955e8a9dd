"""Order ids, tracking numbers and SSCCs beyond the rules' own examples."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks.identifiers import _bare_sscc, _forms
from dq_service.parsing.check_digits import gs1_holds, is_gtin, is_sscc, tracking_number
from dq_service.parsing.pattern import Pattern
from dq_service.partner import Partner
from dq_service.result import Result

ACME = Pattern(r"ACME-\d{6}")
AMAZON = Pattern(r"\d{3}-\d{7}-\d{7}")


@pytest.mark.parametrize(
    ("received", "pattern", "meant"),
    [
        ("#ACME-100042", ACME, "ACME-100042"),
        ("acme 100042", ACME, "ACME-100042"),
        ("ACME–100042", ACME, "ACME-100042"),
        ("Order #ACME100042", ACME, "ACME-100042"),
        ("90231598961390916", AMAZON, "902-3159896-1390916"),
        ("902 3159896 1390916", AMAZON, "902-3159896-1390916"),
        ("902_3159896_1390916", AMAZON, "902-3159896-1390916"),
        ("#1001", Pattern(r"\d+"), "1001"),
        ("ord-77", Pattern(r"ORD-\d+"), "ORD-77"),
    ],
)
def test_one_form_fits(received: str, pattern: Pattern, meant: str) -> None:
    assert _forms(received, pattern) == ((meant,), ())


@pytest.mark.parametrize("received", ["ACME-10004", "100042", "ACME-1000423", "ACNE-100042", "", "-", "#" * 60])
def test_no_form_fits(received: str) -> None:
    assert _forms(received, ACME) == ((), ())


def test_two_forms_that_fit_are_no_answer() -> None:
    forms, _ = _forms("AB12", Pattern(r"[A-Z0-9]+-[A-Z0-9]+"))
    assert len(forms) > 1


def test_letters_for_digits_are_a_second_thought() -> None:
    assert _forms("ACME-1OO042", ACME) == ((), ("ACME-100042",))


@given(st.text(max_size=50))
def test_any_text_has_its_forms(received: str) -> None:
    forms, slips = _forms(received, ACME)
    assert all(ACME.matches(form) for form in (*forms, *slips))


@given(st.integers(1, 10**17 - 1).map(lambda number: f"{number:017d}"), st.integers(1, 9), st.integers(0, 17))
def test_an_sscc_with_one_wrong_digit_never_holds(body: str, more: int, place: int) -> None:
    whole = next(body + digit for digit in "0123456789" if gs1_holds(body + digit))
    wrong = whole[:place] + str((int(whole[place]) + more) % 10) + whole[place + 1 :]
    assert is_sscc(whole)
    assert not is_sscc(wrong)
    assert _bare_sscc(f"(00){whole}") == _bare_sscc(f"00 {whole[0]} {whole[1:8]} {whole[8:]}") == whole


@pytest.mark.parametrize("gtin", ["4006381333931", "036000291452", "40170725", "00614141000036"])
def test_right_gtins_hold(gtin: str) -> None:
    assert is_gtin(gtin)
    assert not is_gtin(gtin[:-1] + str((int(gtin[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("1Z999AA10123456784", "UPS"),
        ("1Z5R89390357567127", "UPS"),
        ("9400111202555842332669", "USPS"),
        ("RB123456785GB", "UPU"),
        ("EE123456785US", "UPU"),
        ("986578788855", None),
        ("123456789012", None),
        ("1ZEBRA", None),
        ("", None),
    ],
)
def test_a_form_tells_the_carrier_or_nothing(number: str, carrier: str | None) -> None:
    assert tracking_number(number) == (carrier, True)


@pytest.mark.parametrize(
    "number", ["1Z999AA10123456785", "1Z999AA1012345678", "9400111202555842332660", "RB123456784GB"]
)
def test_a_wrong_check_digit_is_seen(number: str) -> None:
    assert tracking_number(number)[1] is False


def test_twelve_digits_are_fedex_only_where_it_is_said() -> None:
    assert tracking_number("986578788850") == (None, True)
    assert tracking_number("986578788850", fedex=True) == ("FedEx", False)
    assert tracking_number("986578788855", fedex=True) == ("FedEx", True)


def test_an_order_id_of_a_megabyte_has_no_other_forms(check: Callable[..., Result]) -> None:
    """Each of its characters would make one, as long as itself: the time would grow with the square."""
    result = check({"order_id": "TERN-1" + "O" * 2**20}, Partner(name="tern", order_id=Pattern(r"TERN-\d{4}")))
    assert [finding.rule for finding in result.findings if finding.field == "order_id" and finding.suggestions] == []
