"""Three versions of an order become one: who wins a field, how list entries find each other, what is a conflict."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.merge import Conflict, alike, merge, same
from dq_service.order import Order

_LAMP = {"line_id": "1", "sku": "LMP-1", "gtin": "5537992751283", "quantity": 1, "unit": "EA"}
_SOFA = {"line_id": "2", "sku": "SOF-2", "quantity": 1}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "conflicts"),
    [
        pytest.param({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, (), id="the-sender-changed-it"),
        pytest.param({"a": 1}, {"a": 3}, {"a": 1}, {"a": 3}, (), id="people-changed-it"),
        pytest.param({"a": 1}, {"a": 3}, {"a": 2}, {"a": 2}, (("a", 3, 2),), id="both-changed-it"),
        pytest.param({"a": 1}, {"a": 3}, {"a": 3}, {"a": 3}, (), id="both-to-the-same"),
        pytest.param({"a": "x"}, {"a": "Omaha"}, {"a": " OMAHA "}, {"a": "Omaha"}, (), id="both-to-nearly-the-same"),
        pytest.param({"a": "Ida St"}, {"a": "y"}, {"a": "IDA  st "}, {"a": "y"}, (), id="case-and-blanks-are-none"),
        pytest.param({"a": 1}, {"a": 3}, {"a": 1.0}, {"a": 3}, (), id="a-whole-float-is-no-change"),
        pytest.param({"a": ""}, {"a": "y"}, {"a": None}, {"a": "y"}, (), id="null-for-blank-is-no-change"),
        pytest.param({"a": None}, {"a": "y"}, {}, {"a": "y"}, (), id="absent-for-null-is-no-change"),
        pytest.param({}, {"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}, (), id="an-empty-object-says-nothing"),
        pytest.param({"a": 1}, {"a": 3}, {"a": True}, {"a": True}, (("a", 3, True),), id="true-is-not-1"),
        pytest.param({"a": False}, {"a": True}, {}, {}, (("a", True, None),), id="false-is-not-absent"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}, (), id="what-is-left-out-is-gone"),
        pytest.param({"a": 1}, {"a": 3}, {}, {}, (("a", 3, None),), id="left-out-that-people-changed"),
        pytest.param({"a": 1}, {}, {"a": 1}, {}, (), id="people-took-it-out"),
        pytest.param({"a": 1}, {}, {"a": 2}, {"a": 2}, (("a", None, 2),), id="people-took-out-what-changed"),
        pytest.param(
            {"p": {"a": 1, "b": 1}}, {"p": {"a": 3, "b": 1}}, {"p": {"a": 1, "b": 2}}, {"p": {"a": 3, "b": 2}}, (),
            id="neighbours-in-one-object",
        ),
        pytest.param({"p": {"a": 1}}, {"p": {"a": 3}}, {"p": "x"}, {"p": "x"}, (("p", {"a": 3}, "x"),), id="no-object"),
        pytest.param({"x": ["a"]}, {"x": ["a", "b"]}, {"x": ["A"]}, {"x": ["a", "b"]}, (), id="a-list-of-words"),
        pytest.param(
            {"x": ["a"]}, {"x": ["b"]}, {"x": ["c"]}, {"x": ["c"]}, (("x", ["b"], ["c"]),), id="words-are-one-value"
        ),
    ],
)  # fmt: skip
def test_a_field_has_one_winner(base: Any, ours: Any, theirs: Any, merged: Any, conflicts: Any) -> None:
    found = merge(base, ours, theirs)
    assert same(found.order, merged)
    assert [(one.field, one.ours, one.theirs) for one in found.conflicts] == list(conflicts)


def _items(*entries: Any) -> Any:
    return {"items": [dict(entry) for entry in entries]}


@pytest.mark.parametrize(
    ("base", "theirs", "merged"),
    [
        pytest.param([_LAMP], [{"line_id": "1", "quantity": 2}], [{**_LAMP, "quantity": 2}], id="left-out-stays"),
        pytest.param(
            [_LAMP], [{"line_id": 1, "unit": None}], [{**_LAMP, "line_id": 1, "unit": None}], id="null-removes"
        ),
        pytest.param([_LAMP, _SOFA], [_SOFA], [_SOFA], id="an-entry-taken-out"),
        pytest.param([_LAMP, _SOFA], [_SOFA, _LAMP], [_SOFA, _LAMP], id="entries-in-another-order"),
        pytest.param([_SOFA], [_LAMP, {"line_id": "2"}], [_LAMP, _SOFA], id="an-entry-put-in-before"),
        pytest.param([_LAMP], [{"sku": "LMP-1", "unit": "CS"}], [{**_LAMP, "unit": "CS"}], id="sku-alone"),
        pytest.param([_LAMP], [{"sku": "lmp-1 "}], [{**_LAMP, "sku": "lmp-1 "}], id="sku-in-small-letters"),
        pytest.param(
            [{"sku": "A", "gtin": "1", "n": 1}, {"sku": "A", "gtin": "2", "n": 2}],
            [{"sku": "A", "gtin": "2"}, {"sku": "A", "gtin": "1"}],
            [{"sku": "A", "gtin": "2", "n": 2}, {"sku": "A", "gtin": "1", "n": 1}],
            id="sku-and-gtin-together",
        ),
        pytest.param(
            [{"sku": "A", "n": 1}, {"sku": "A", "n": 2}], [{"sku": "A"}, {"sku": "A"}],
            [{"sku": "A", "n": 1}, {"sku": "A", "n": 2}], id="equal-keys-by-their-order",
        ),
        pytest.param([_LAMP], [{**_SOFA, "sku": "LMP-1"}], [{**_SOFA, "sku": "LMP-1"}], id="another-line"),
        pytest.param([{"sku": "A", "n": 1}], [{"sku": "B"}], [{"sku": "B"}], id="another-thing"),
        pytest.param([{"name": "Ann", "phone": "1"}], [{"name": "Bea"}], [{"name": "Bea"}], id="no-key-no-filling"),
        pytest.param(
            [{"sscc": "00", "weight": {"value": 2, "unit": "lb"}}], [{"sscc": "00", "weight": {"value": 3}}],
            [{"sscc": "00", "weight": {"value": 3, "unit": "lb"}}], id="inside-an-entry-too",
        ),
    ],
)  # fmt: skip
def test_list_entries_find_each_other(base: Any, theirs: Any, merged: Any) -> None:
    before = _items(*base)
    found = merge(before, before, _items(*theirs))
    assert same(found.order, _items(*merged))
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("fixed", "theirs", "merged", "moved"),
    [
        pytest.param(
            "items[0].quantity", [_SOFA, _LAMP], [_SOFA, {**_LAMP, "quantity": 5}], "items[1].quantity", id="moved"
        ),
        pytest.param(
            "items[0].quantity", [{"line_id": "1"}], [{**_LAMP, "quantity": 5}], "items[0].quantity", id="left-out"
        ),
        pytest.param("items[1].sku", [_SOFA], [{**_SOFA, "sku": 5}], "items[0].sku", id="the-key-itself"),
        pytest.param("items[2].sku", [_SOFA], [_SOFA, {"sku": 5}], "items[1].sku", id="an-entry-of-theirs-own"),
    ],
)
def test_a_fix_follows_its_entry(fixed: str, theirs: Any, merged: Any, moved: str) -> None:
    base = _items(_LAMP, _SOFA)
    found = merge(base, Order(base).replacing({fixed: 5}).json, _items(*theirs))
    assert same(found.order, _items(*merged))
    assert found.conflicts == ()
    assert found.place_of(fixed) == moved
    assert found.place_of("ship_to.name") == "ship_to.name"


def test_an_entry_that_people_fixed_and_the_sender_took_out_is_a_conflict() -> None:
    base = _items(_LAMP, _SOFA)
    found = merge(base, Order(base).replacing({"items[1].quantity": 5}).json, _items(_LAMP))
    assert same(found.order, _items(_LAMP))
    assert found.conflicts == (Conflict("items", "items[1]", {**_SOFA, "quantity": 5}, None),)
    assert found.place_of("items[1].quantity") is None


def test_another_thing_in_the_place_of_one_that_people_fixed_is_a_conflict() -> None:
    base = _items({"sku": "A", "quantity": 1})
    found = merge(base, _items({"sku": "A", "quantity": 2}), _items({"sku": "B", "quantity": 1}))
    assert same(found.order, _items({"sku": "B", "quantity": 1}))
    assert found.conflicts == (Conflict("items[0].quantity", "items[0].quantity", 2, 1),)


def test_a_whole_list_that_people_replaced_still_takes_what_the_sender_changes() -> None:
    base, ours = _items(_LAMP, _SOFA), _items(_LAMP)
    assert same(merge(base, ours, _items(_LAMP, _SOFA)).order, _items(_LAMP))
    assert same(merge(base, ours, _items({**_LAMP, "quantity": 4}, _SOFA)).order, _items({**_LAMP, "quantity": 4}))
    found = merge(base, ours, _items(_LAMP, {**_SOFA, "quantity": 4}))
    assert same(found.order, _items(_LAMP, {**_SOFA, "quantity": 4}))
    assert [one.field for one in found.conflicts] == ["items[1]"]


_LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from([0.5, 1.0, "", " ", "a", "A", "b", "a  b"])
_NAMES = st.sampled_from(["a", "b", "line_id", "sku", "gtin", "sscc"])
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)
_ENTRIES = st.lists(st.dictionaries(_NAMES, _LEAVES, max_size=4), max_size=4)
ORDERS = st.dictionaries(_NAMES | st.just("items"), _VALUES | _ENTRIES, max_size=5)


@given(ORDERS, ORDERS)
def test_who_sends_nothing_new_changes_nothing(base: Any, ours: Any) -> None:
    found = merge(base, ours, base)
    assert same(found.order, ours)
    assert found.conflicts == ()


@given(ORDERS, ORDERS)
def test_where_people_changed_nothing_the_sender_has_its_way(base: Any, theirs: Any) -> None:
    found = merge(base, base, theirs)
    assert found.conflicts == ()
    assert _without_filled(theirs, found.order)
    again = merge(found.order, found.order, theirs)
    assert same(again.order, found.order), "what was filled in is filled in again"


def _without_filled(theirs: Any, merged: Any, *, entry: bool = False) -> bool:
    """Whether the merged value is theirs, but for fields that a list entry of theirs does not name."""
    if type(theirs) is dict and type(merged) is dict:
        names = merged.keys() >= theirs.keys() if entry else merged.keys() == theirs.keys()
        return names and all(_without_filled(value, merged[name], entry=entry) for name, value in theirs.items())
    if type(theirs) is list and type(merged) is list and len(theirs) == len(merged):
        return all(_without_filled(one, other, entry=True) for one, other in zip(theirs, merged, strict=True))
    return same(theirs, merged)


@given(ORDERS, ORDERS, ORDERS)
def test_a_merge_changes_none_of_the_three(base: Any, ours: Any, theirs: Any) -> None:
    before = repr((base, ours, theirs))
    found = merge(base, ours, theirs)
    assert repr((base, ours, theirs)) == before
    for conflict in found.conflicts:
        assert not alike(conflict.ours, conflict.theirs)


@given(ORDERS, ORDERS)
def test_both_with_the_same_changes_are_of_one_mind(base: Any, ours: Any) -> None:
    assert merge(base, ours, ours).conflicts == ()
