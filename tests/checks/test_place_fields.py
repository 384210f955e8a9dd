"""City, state and postal code in each other's fields, beside other things that went wrong."""

from collections.abc import Callable

from dq_service.result import Result
from tests.conftest import address, at

Check = Callable[..., Result]


def test_shifted_columns_and_a_repeated_place_at_once(check: Check) -> None:
    result = check(at(line1="14205 Ida Street, Omaha, NE 68142", city="NE", state="Omaha"))
    repaired = address(result)
    assert (repaired["line1"], repaired["city"], repaired["state"]) == ("14205 Ida Street", "Omaha", "NE")
