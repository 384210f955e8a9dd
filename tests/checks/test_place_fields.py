"""City, state and postal code in each other's fields, beside other things that went wrong."""

from collections.abc import Callable
from typing import Any

from dq_service.result import Result

Check = Callable[..., Result]
FIELDS = ("line1", "line2", "city", "state", "postal_code")


def at(**fields: Any) -> dict[str, Any]:
    return {f"ship_to.address.{name}": value for name, value in fields.items()}


def address(result: Result) -> dict[str, str]:
    assert result.order is not None
    found = result.order["ship_to"]["address"]
    return {name: found.get(name) or "" for name in FIELDS}


def test_shifted_columns_and_a_repeated_place_at_once(check: Check) -> None:
    result = check(at(line1="14205 Ida Street, Omaha, NE 68142", city="NE", state="Omaha"))
    repaired = address(result)
    assert (repaired["line1"], repaired["city"], repaired["state"]) == ("14205 Ida Street", "Omaha", "NE")
