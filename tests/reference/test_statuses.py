"""What status words mean, and what is never guessed."""

import pytest

from dq_service.reference.bundle import Reference
from dq_service.reference.statuses import STATUSES


@pytest.mark.parametrize("status", STATUSES)
def test_the_ten_are_themselves_and_their_other_dress_means_them(reference: Reference, status: str) -> None:
    assert reference.statuses.meaning(status).reading == "is"
    dressed = reference.statuses.meaning(f"  {status.upper().replace('_', ' ')}.")
    assert (dressed.reading, dressed.status) == ("means", status)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("In-Transit", "in_transit"),
        ("PICKEDUP", "picked_up"),
        ("order placed", "created"),
        ("Canceled", "cancelled"),
        ("OutForDelivery", "out_for_delivery"),
        ("AF", "picked_up"),
        (" x6 ", "in_transit"),
        ("D1", "delivered"),
        ("A9", "exception"),
        ("A3", "returned"),
        ("P1", "in_transit"),
        ("wc-processing", "confirmed"),
        ("Delivered, In/At Mailbox", "delivered"),
        ("livrée", "delivered"),
        ("en tránsito", "in_transit"),
        ("AP A1", "attempted"),
        ("SD-AO", "exception"),
    ],
)
def test_a_word_with_one_meaning(reference: Reference, text: str, status: str) -> None:
    meaning = reference.statuses.meaning(text)
    assert (meaning.reading, meaning.status) == ("means", status)


@pytest.mark.parametrize("text", ["shipped", "completed", "on hold", "failed", "Fulfilled", "return to sender", "AJ"])
def test_an_ambiguous_word_is_not_mapped(reference: Reference, text: str) -> None:
    meaning = reference.statuses.meaning(text)
    assert meaning.reading == "ambiguous"
    assert meaning.status == ""
    assert len(meaning.candidates) > 1


def test_a_code_that_needs_its_reason(reference: Reference) -> None:
    meaning = reference.statuses.meaning
    assert meaning("AP").reading == "needs_reason"
    assert meaning("AP").status == ""
    assert meaning("AP", reason="A2").status == "exception"
    assert meaning("AP", reason="BT").status == "returned"
    assert meaning("AP", reason="ZZ").reading == "needs_reason"
    assert meaning("X6", reason="NS").status == "in_transit"


@pytest.mark.parametrize("text", ["AG", "paid", "X2", "unknown"])
def test_words_that_say_nothing_of_the_goods(reference: Reference, text: str) -> None:
    assert reference.statuses.meaning(text).reading == "says_nothing"


def test_a_carriers_short_code_is_read_only_as_its_own(reference: Reference) -> None:
    meaning = reference.statuses.meaning
    assert meaning("OD").reading == "unknown"
    assert meaning("OD", "fedex").status == "out_for_delivery"
    assert meaning("AF", "fedex").status == "in_transit"
    assert meaning("AF", "ups").status == "picked_up"


@pytest.mark.parametrize("text", ["blorp", "ZZ9", "?", "", "delivery"])
def test_unknown(reference: Reference, text: str) -> None:
    assert reference.statuses.meaning(text).reading == "unknown"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("deliverd", "delivered"),
        ("in transut", "in_transit"),
        ("cancelld", "cancelled"),
        ("nondelivered", "exception"),
        ("out for delivry", "out_for_delivery"),
    ],
)
def test_misspelt(reference: Reference, text: str, status: str) -> None:
    found = reference.statuses.near(text)
    assert found is not None
    assert found[0] == status


@pytest.mark.parametrize("text", ["delivered", "indelivered", "shiped", "blorp", "AE", "complete d"])
def test_no_misspelling_of_one_clear_word(reference: Reference, text: str) -> None:
    assert reference.statuses.near(text) is None
