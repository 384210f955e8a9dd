"""Any value in any field: every order gets an answer, and none leaves whose party, address or goods cannot be read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import ORDER, overlaid
from dq_service.fields import ORDER as FIELDS
from dq_service.fields import Shape, join
from dq_service.order import JSON, Order
from dq_service.partner import BUILT_IN
from dq_service.result import Result

Examine = Callable[..., Result]

# Whatever the contract names has an entry, so that one of its fields can hold something else.
FULL: Final = overlaid(
    {
        "ship_from": {**ORDER["ship_to"], "address": {**ORDER["ship_to"]["address"], "line1": "13615 Ida Street"}},
        "bill_to": ORDER["ship_to"],
        "stops": [ORDER["ship_to"]],
        "packages": [{"id": "P1", "count": 1}],
    }
)
NUMBERS: Final = (0, 5, 2.5, -1, 10**400, float("1e300"))
TEXTS: Final = ("x", "14205 Ida Street, Omaha, NE 68142", "2026-12-02", "\ud800")
WRONG: Final[tuple[Any, ...]] = (
    *NUMBERS,
    *TEXTS,
    True,
    False,
    [1],
    ["x"],
    [[]],
    [None],
    {"x": 1},
    {"x": {}},
    [{"x": 1}],
)
# Where it is one of these that nobody can read, the order may not leave by itself.
WANTED: Final = ("ship_to", "ship_to.address", "ship_from", "ship_from.address", "items", "items[0]", "packages",
                 "stops[0]", "stops[0].address")  # fmt: skip
STRICT: Final = replace(BUILT_IN, name="proof", required=("items", "window", "ship_to.name", "ship_to.contact"))


def paths(shape: Shape = FIELDS, path: str = "") -> Iterator[str]:
    """Every field of the contract, the first place of each list."""
    if path:
        yield path
    if isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield from paths(inner, join(path, name))
    elif isinstance(shape, list):
        yield from paths(shape[0], path + "[0]")


PATHS: Final = tuple(paths())


def with_value(path: str, value: Any) -> JSON:
    return Order(FULL).replacing({path: value}).json


def is_object(value: Any, path: str) -> bool:
    return type(value) is (list if path in ("items", "packages") else dict)


@pytest.mark.parametrize("path", PATHS)
def test_any_type_in_any_field_gets_an_answer(path: str, examine: Examine) -> None:
    for value in WRONG:
        for partner in (BUILT_IN, STRICT):
            result = examine(with_value(path, value), partner=partner)
            assert result.evaluated.complete, (value, result.evaluated.missing)
            again = examine(result.order, partner=partner)
            assert again.order == result.order, value


@pytest.mark.parametrize("path", WANTED)
def test_no_order_leaves_that_nobody_can_read(path: str, examine: Examine) -> None:
    for value in WRONG:
        if is_object(value, path):
            continue
        result = examine(with_value(path, value))
        assert result.verdict == "review", value
        assert result.action == "hold", value
        assert result.order is not None
        assert Order(result.order).at(path) == value  # what cannot be read is kept


@pytest.mark.parametrize("value", [value for value in WRONG if not isinstance(value, dict)])
def test_a_window_that_nobody_can_read_is_none(value: Any, examine: Examine) -> None:
    result = examine(with_value("window", value), partner=STRICT)
    assert result.verdict == "review"


@pytest.mark.parametrize("path", [path for path in PATHS if path.rpartition(".")[2] in ("relay", "test", "pin")])
def test_what_is_no_flag_is_told(path: str, examine: Examine) -> None:
    for value in ([1], {"x": 1}, "perhaps"):
        assert any(path in finding.fields for finding in examine(with_value(path, value)).findings), value


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(WRONG)), min_size=2, max_size=6))
def test_several_at_once(examine: Examine, wrong: list[tuple[str, Any]]) -> None:
    order = Order(FULL)
    for path, value in wrong:
        try:
            order = order.replacing({path: value})
        except ValueError:  # it runs through a value that was put there before
            continue
    result = examine(order.json, partner=STRICT)
    assert result.evaluated.complete, result.evaluated.missing
    assert examine(result.order, partner=STRICT).order == result.order
    unreadable = [
        path for path in WANTED if (value := order.at(path)) not in (None, [], {}) and not is_object(value, path)
    ]
    assert not unreadable or result.verdict == "review", unreadable
