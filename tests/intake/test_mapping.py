"""Payloads become orders: nothing is lost, each field knows where it came from, and what cannot be mapped says why."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.intake.mapping import map_payload
from dq_service.intake.mapping_table import mapped
from dq_service.intake.profile import Profile, load
from dq_service.intake.profiles import Profiles, texts_in
from dq_service.intake.record import Record, profiled_in
from dq_service.order import Order
from dq_service.reference.whereabouts import profiles_folder

PROFILES = Profiles(texts_in(profiles_folder()))


def profile(fields: str, more: str = "") -> Profile:
    return load(
        f"name: nova\nabout: x\n{more}\nfields:\n{fields}\nsamples: [{{name: a, payload: {{}}, refused: true}}]",
        "nova.yaml",
    )


def one(payload: Any, fields: str, more: str = "") -> Record:
    (record,) = map_payload(json.dumps(payload).encode(), profile(fields, more))
    assert record.provenance is not None
    return record


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [] if value in (None, "") else [value]


def test_what_the_order_says_is_not_kept_twice_and_the_rest_is() -> None:
    record = one(
        {"no": 7, "price": "12.50", "note": "hi", "who": {"first": "Ada", "last": "Osei", "age": 40}, "gone": None},
        "  order_id: no\n  totals.total: price\n  ship_to.name: words(who.first, who.last)",
    )
    assert record.order == {
        "order_id": "7",
        "totals": {"total": 12.5},
        "ship_to": {"name": "Ada Osei"},
        "extra": {"note": "hi", "who": {"age": 40}, "gone": None},
        "source": {"profile": {"name": "nova", "answers_for": ["instructions"]}},
    }
    assert record.provenance.origin["ship_to.name"] == ("who.first", "who.last")
    assert record.provenance.overlooked == {"instructions": "note"}


def test_a_word_that_was_translated_stays_beside_its_translation() -> None:
    record = one({"no": "7", "state": "Done"}, "  order_id: no\n  status: {from: state, map: {done: delivered}}")
    assert Order(record.order or {}).at("status") == "delivered"
    assert Order(record.order or {}).at("extra.state") == "Done"
    assert profiled_in(record.order) == ()


@pytest.mark.parametrize(
    ("payload", "fields", "answers_for"),
    [
        ({"no": "7", "state": "odd"}, "  order_id: no\n  status: {from: state, map: {done: delivered}}", ["status"]),
        ({"no": "7"}, "  order_id: no\n  channel: {constant: web}", ["channel"]),
        ({"no": "7"}, "  order_id: join('-', [no, 'x'])", ["order_id"]),
        ({"no": "7", "n": [1]}, "  order_id: no\n  instructions: join(' ', n)", ["instructions"]),
        ({"no": "7", "shipping": {"zip": "1"}}, "  order_id: no", ["ship_to.address.postal_code"]),
        ({"no": "7", "lines": [{"sku": "A"}]}, "  order_id: no\n  items: {each: lines, fields: {quantity: n}}",
         ["items[0].sku"]),
        ({"no": "7", "a": "2026-12-01T09:00:00"}, "  order_id: no\n  placed_at: utc(a)", []),
        ({"no": " 7 ", "ok": "yes"}, "  order_id: no\n  signature_required: ok", []),
    ],
    ids=["no word", "constant", "made", "does not fit", "overlooked", "overlooked in a line", "UTC", "as it is"],
)  # fmt: skip
def test_what_the_profile_answers_for(payload: Any, fields: str, answers_for: list[str]) -> None:
    assert list(profiled_in(one(payload, fields).order)) == answers_for


def test_what_is_known_to_be_no_field_is_not_overlooked() -> None:
    assert not profiled_in(one({"no": "7", "shipping": {"zip": "1"}}, "  order_id: no", "aside: [shipping.zip]").order)


def test_a_payload_cannot_speak_for_its_profile() -> None:
    record = one({"no": "7", "source": {"profile": {"answers_for": ["order_id"]}}}, "  order_id: no")
    assert profiled_in(record.order) == ()
    assert profiled_in({"source": {"profile": "x"}}) == profiled_in([]) == profiled_in({"source": 1}) == ()


def test_what_a_line_no_longer_says_is_null_so_that_it_does_not_stay() -> None:
    record = one(
        {"no": "7", "lines": [{"sku": None, "n": 1}]},
        "  order_id: no\n  items: {each: lines, fields: {sku: sku, quantity: n, gtin: ean}}",
    )
    assert record.order is not None
    assert record.order["items"] == [{"sku": None, "quantity": 1}]


def test_each_of_several_orders_has_its_own_bytes_and_line() -> None:
    raw = b'{"next": "x",\n "orders": [\n  {"no": "\xc3\xa9", "a": [1, {"b": "]"}]},\n  {"no": "8"} , 5]}'
    records = map_payload(raw, profile("  order_id: no", "orders: [orders]"))
    assert [record.raw for record in records] == [b'{"no": "\xc3\xa9", "a": [1, {"b": "]"}]}', b'{"no": "8"}', b"5"]
    assert [record.line for record in records] == [3, 4, 4]
    assert [raw[record.start :][: len(record.raw or b"")] for record in records] == [record.raw for record in records]
    assert [str(record.trouble) for record in records] == ["None", "None", "it is JSON, but no object"]


def test_one_order_has_the_bytes_of_the_payload() -> None:
    raw = b'\xef\xbb\xbf {"orders": [ {"no": "8"} ]}'
    (record,) = map_payload(raw, profile("  order_id: no", "orders: [orders]"))
    assert record.raw == raw


@pytest.mark.parametrize(
    ("raw", "trouble"),
    [
        (b"", "it is empty"),
        (b"{", "it ends too early (line 1, column 2)"),
        (b'{"no": 1, "no": 2}', "a key stands twice in one object"),
        (b"5", "the profile finds no order in it"),
        (b'{"errors": "x"}', "the profile finds no order in it"),
        (b"null", "the profile finds no order in it"),
    ],
)
def test_what_cannot_be_mapped_says_why(raw: bytes, trouble: str) -> None:
    (record,) = map_payload(raw, profile("  order_id: no\n  channel: {constant: web}"))
    assert record.order is None
    assert record.raw == raw
    assert trouble in str(record.trouble)


def test_what_stands_around_one_order_is_kept_with_it() -> None:
    (record,) = map_payload(
        b'{"shop": "x", "order": {"no": 7}, "meta": {"empty": null}}', profile("  order_id: no", "orders: [order]")
    )
    assert record.order is not None
    assert record.order["extra"] == {"envelope": {"shop": "x"}}


def test_a_list_that_is_no_orders_is_refused_at_once() -> None:
    raw = json.dumps({"no": "7", "lines": [{"sku": "A"}] * 2501}).encode()
    (record,) = map_payload(raw, profile("  order_id: no\n  items: {each: lines, fields: {sku: sku}}"))
    assert (record.order, str(record.trouble)) == (None, "items has more than 2,500 entries")


def test_long_lists_of_texts_are_kept_whole() -> None:
    record = one(
        {"no": "7", "notes": [{"t": f"n{n}"} for n in range(400)]}, "  order_id: no\n  instructions: lines(notes[].t)"
    )
    assert record.order is not None
    assert record.order["instructions"].count("\n") == 399
    assert len(record.order["extra"]["notes"]) == 400


def test_an_empty_list_holds_no_order() -> None:
    assert map_payload(b'{"orders": []}', profile("  order_id: no", "orders: [orders, '@']".replace("'", '"'))) == ()


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "id", "orders", "order", "shipping_address", "address1", "zip", "line_items", "sku",
             "fulfillments",
             "tracking_numbers", "status", "note", "note_attributes", "value", "price", "AmazonOrderId", "OrderItems",
             "payload", "Orders", "ShippingAddress", "AddressLine2", "AddressLine3", "packages", "packageStatus",
             "number", "shipping", "billing", "first_name", "meta_data", "key", "fee_lines", "total", "subtotal"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(payload=_VALUES, name=st.sampled_from(["shopify", "woocommerce", "amazon"]))
def test_whatever_comes_is_mapped_or_says_why_and_nothing_is_lost(payload: Any, name: str) -> None:
    raw = json.dumps(payload).encode()
    records = mapped(raw, PROFILES[name])
    for record in records:
        assert (record.order is None) is (record.trouble is not None) is (record.provenance is None)
        if record.order is None:
            continue
        assert record.raw is not None
        theirs = json.loads(record.raw)
        if len(records) == 1 and isinstance(theirs, dict):  # of a list of one, what stands around it is not kept
            inside = theirs.get("payload") if isinstance(theirs.get("payload"), dict) else {}
            lists = [theirs.get("orders"), inside.get("Orders") if name == "amazon" else None]
            theirs = next((one for one in lists if isinstance(one, list) and name != "woocommerce"), theirs)
        ours = {str(leaf).strip().casefold() for leaf in leaves(record.order)}
        said = " ".join(ours)
        for leaf in leaves(theirs):
            text = str(leaf).strip().casefold()
            number = isinstance(leaf, int | float) or text.replace(".", "").isdecimal()
            assert text in said or number, (leaf, record.order)
