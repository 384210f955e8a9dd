"""The one walk that finds what tidying must look at; what it passes over must be plainly fine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks.text import marks
from dq_service.context import Context
from dq_service.engine.proof import ORDER
from dq_service.engine.scan import Scan, scan_for
from dq_service.order import JSON, Order
from dq_service.reference.bundle import Reference
from tests.conftest import AS_OF

texts = st.text(max_size=30) | st.text(alphabet=" ,;|.&#xX?-'\"aZ09\u200b\u00a0Ã©\n\t", max_size=12)


def test_clean_order_has_no_spots(reference: Reference) -> None:
    assert scan_for(reference.placeholders.words).spots(ORDER) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ship_to.address.postal_code", 68142),
        ("ship_to.name", " Aisha"),
        ("ship_to.name", "N/A"),
        ("ship_to.company", "Smith &amp; Sons"),
        ("ship_to.address.city", "Omaha,"),
        ("items[0].quantity", "2"),
        ("items", "two lamps"),
        ("signature_required", "yes"),
        ("references.po", "4.5E+09"),
        ("order_id", "100042.0"),
        ("service.extras[0]", "in  room"),
        ("instructions", "Same as billing."),
        ("instructions", "Ring twice..."),
    ],
)
def test_spots(reference: Reference, path: str, value: object) -> None:
    order = Order(ORDER).replacing({path: value})
    scan = scan_for(reference.placeholders.words)
    assert [spot[0] for spot in scan.spots(order.json)] == [path]
    assert [spot[0] for spot in scan.touched(order, [path])] == [path]


def test_a_sentence_is_plainly_fine(reference: Reference) -> None:
    order = Order(ORDER).replacing({"instructions": "Ring twice. Wait.", "ship_to.address.line2": "2nd fl."})
    assert scan_for(reference.placeholders.words).spots(order.json) == []


@pytest.mark.parametrize("path", ["ship_to.name", "order_id", "instructions", "ship_to.address.line2", "items[0].sku"])
def test_what_is_passed_over_has_no_marks(reference: Reference, path: str) -> None:
    """The quick look may see too much, never too little."""

    scan = scan_for(reference.placeholders.words)

    @given(texts)
    def passed_over(value: str) -> None:
        order = Order(ORDER).replacing({path: value})
        if value and not scan.spots(order.json):
            assert not marks(order.part(path), Context(AS_OF, reference))

    passed_over()


def test_a_text_that_was_fine_in_one_kind_of_field_is_looked_at_in_another(reference: Reference) -> None:
    scan = scan_for(reference.placeholders.words)
    for path, value in (("order_id", "4111111111111111"), ("ship_to.email", "5.13E+09"), ("placed_at", "5.13E+09")):
        assert scan.spots(Order(ORDER).replacing({path: value}).json) == []
    for path, value in (("instructions", "4111111111111111"), ("order_id", "5.13E+09"), ("signature_required", "Ida")):
        assert [spot[0] for spot in scan.spots(Order(ORDER).replacing({path: value}).json)] == [path]


def test_more_texts_than_are_remembered(reference: Reference) -> None:
    scan = Scan(reference.placeholders.words)
    for number in range(20_000):
        assert scan.spots({"order_id": f"A-{number}", "account": ""}) == []
    assert scan.spots({"order_id": "A-1 ", "account": ""}) == [("order_id", "code")]


@pytest.mark.parametrize("path", ["ship_to.contacts[1].name", "stops[0].address.line1", "packages[2].weight.unit"])
def test_a_spot_in_a_list_is_named_by_its_full_path(reference: Reference, path: str) -> None:
    entry: JSON = {}
    order = Order({"ship_to": {"contacts": [entry]}, "stops": [], "packages": [entry, entry]}).replacing({path: " x"})
    scan = scan_for(reference.placeholders.words)
    assert [spot[0] for spot in scan.spots(order.json)] == [path]
    assert [spot[0] for spot in scan.touched(order, [path])] == [path]
    assert [spot[0] for spot in scan.touched(order, [path.partition(".")[0]])] == [path]
