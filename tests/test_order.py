"""The order as a frozen view over its JSON."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.fields import leaves, parse_path, shape_at
from dq_service.order import Order

JSON = {
    "order_id": "A-1",
    "ship_to": {"address": {"city": "Omaha", "postal_code": 68142, "line2": ""}},
    "items": [{"sku": "X"}, {"sku": ""}],
    "signature_required": False,
    "their_own": {"deep": [1, {"kept": True}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ship_to.address.city", "Omaha"),
        ("ship_to.address.line2", None),
        ("ship_to.address.nothing.below", None),
        ("items[0].sku", "X"),
        ("items[7].sku", None),
        ("signature_required", False),
        ("order_id.below", None),
        ("their_own.deep[1].kept", True),
    ],
)
def test_at(path: str, value: object) -> None:
    assert Order(JSON).at(path) == value


def test_what_has_the_wrong_type_reads_as_missing_and_stays() -> None:
    order = Order(JSON)
    assert order.text("ship_to.address.postal_code") == ""
    assert order.at("ship_to.address.postal_code") == 68142


def test_parts_of_a_starred_path() -> None:
    assert [part.path for part in Order(JSON).parts("items[*]")] == ["items[0]", "items[1]"]
    assert list(Order(JSON).parts("packages[*].weight")) == []


def test_replacing_copies_only_the_branch_and_never_the_original() -> None:
    before = copy.deepcopy(JSON)
    after = Order(JSON).replacing({"ship_to.address.city": "Lincoln", "items[1].sku": "Y", "window.start": "now"})
    assert before == JSON
    assert after.json["their_own"] is JSON["their_own"]
    assert after.json["items"][0] is JSON["items"][0]
    assert (after.at("ship_to.address.city"), after.at("items[1].sku"), after.at("window.start")) == (
        "Lincoln",
        "Y",
        "now",
    )


def test_replacing_appends_just_past_the_end_and_refuses_further() -> None:
    assert Order(JSON).replacing({"items[2].sku": "Z"}).at("items[2]") == {"sku": "Z"}
    with pytest.raises(ValueError, match=r"items\[4\]"):
        Order(JSON).replacing({"items[4].sku": "Z"})
    with pytest.raises(ValueError, match="order_id"):
        Order(JSON).replacing({"order_id.below": 1})


@given(st.sampled_from(leaves()), st.none() | st.text() | st.integers())
def test_what_is_replaced_is_read_back(leaf: tuple[str, str], value: object) -> None:
    path = leaf[0].replace("[*]", "[0]")
    assert Order({}).replacing({path: value}).at(path) == (None if value == "" else value)


@pytest.mark.parametrize("path", ["", "a..b", "items[", "items[x]", "items[0]sku", "[0]"])
def test_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="no field path"):
        parse_path(path)


def test_shape() -> None:
    assert shape_at("items[3].quantity") == "count"
    assert shape_at("items[*].sku") == "code"
    assert shape_at("items.sku") is None
    assert shape_at("ship_to.nothing") is None
