"""Headings as real exports have them, and the fields that they mean."""

import pytest

from dq_service.fields import leaves
from dq_service.intake.columns import ColumnMap, NoSuchColumn, is_heading, is_value, match_columns


def fields(columns: ColumnMap) -> dict[str, str]:
    return {match.heading: match.field for match in columns.matched}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("ship_to.address.city", "ship_to.address.city"),
        ("items[1].sku", "items[1].sku"),
        ("stops[0].address.city", "stops[0].address.city"),
        ("Ship To Name", "ship_to.name"),
        ("Shipping Zip", "ship_to.address.postal_code"),
        ("shipping_address.zip", "ship_to.address.postal_code"),
        ("ShipToPostalCode", "ship_to.address.postal_code"),
        ("Postal Code", "ship_to.address.postal_code"),
        ("ZIP", "ship_to.address.postal_code"),
        ("Address 1", "ship_to.address.line1"),
        ("Street", "ship_to.address.line1"),
        ("Full Address", "ship_to.address.line1"),
        ("ship-address-2", "ship_to.address.line2"),
        ("Customer Phone", "ship_to.phone"),
        ("Phone (Billing)", "bill_to.phone"),
        ("recipient_email", "ship_to.email"),
        ("Sender City", "ship_from.address.city"),
        ("Order #", "order_id"),
        ("Order No.", "order_id"),
        ("PO Number", "references.po"),
        ("Qty", "items[*].quantity"),
        ("Lineitem sku", "items[*].sku"),
        ("Item 2 SKU", "items[1].sku"),
        ("delivery window start", "window.start"),
        ("Latest Delivery", "window.end"),
        ("Tracking #", "references.tracking_number"),
        ("Gate Code", "access_code"),
        ("Adress 1", "ship_to.address.line1"),
        ("Recipeint Email", "ship_to.email"),
        ("Quanity", "items[*].quantity"),
    ],
)
def test_heading_means_field(heading: str, field: str) -> None:
    assert fields(match_columns([heading])) == {heading: field}


@pytest.mark.parametrize(
    "heading", ["County", "Fax", "Ship Date", "Score", "Customer ID", "Region Manager", "Profit", "", "#"]
)
def test_heading_means_nothing(heading: str) -> None:
    assert fields(match_columns([heading])) == {}


@pytest.mark.parametrize("path", [path for path, _ in leaves()])
def test_every_field_can_be_named_by_its_path(path: str) -> None:
    assert [match.field for match in match_columns([path.replace("[*]", "[0]")]).matched] == [
        path.replace("[*]", "[0]")
    ]


def test_how_it_was_matched_is_told() -> None:
    columns = match_columns(["ship_to.name", "Zip", "Quanity", "Town"], chosen={"instructions": "town"})
    assert [match.how for match in columns.matched] == ["exact", "synonym", "near", "map"]


def test_of_two_columns_for_one_field_the_surer_has_it_and_the_other_is_told() -> None:
    columns = match_columns(["Region", "State", "Phone", "Shipping Phone", "Phone"])
    assert fields(columns) == {"State": "ship_to.address.state", "Shipping Phone": "ship_to.phone"}
    assert [(u.column, u.rival) for u in columns.unmatched] == [
        (0, "ship_to.address.state"),
        (2, "ship_to.phone"),
        (4, "ship_to.phone"),
    ]


def test_values_decide_what_a_heading_leaves_open() -> None:
    assert fields(match_columns(["Name"], [["#1001"], ["#1002"]])) == {"Name": "order_id"}
    assert fields(match_columns(["Name"], [["Aisha Martinez"], ["Ben Ode"]])) == {"Name": "ship_to.name"}
    assert fields(match_columns(["Unit"], [["EA"], ["CS"]])) == {"Unit": "items[*].unit"}
    assert fields(match_columns(["Unit"], [["4B"], ["12"]])) == {"Unit": "ship_to.address.line2"}


def test_values_speak_for_a_column_without_a_name() -> None:
    sample = [["68142", "aisha@example.com", "blue"], ["68143-1234", "ben@example.com", "red"]]
    columns = match_columns(["Column 1", "", "Column3"], sample)
    assert fields(columns) == {"Column 1": "ship_to.address.postal_code", "": "ship_to.email"}
    assert {match.how for match in columns.matched} == {"shape"}


def test_halves_of_a_name_are_joined_where_both_are_there() -> None:
    columns = match_columns(
        ["Shipping First Name", "Shipping Last Name", "First Name", "Billing Name", "Billing Surname"]
    )
    assert [(m.field, m.column, m.joined) for m in columns.matched] == [
        ("ship_to.name", 0, 1),
        ("bill_to.name", 3, None),
    ]
    assert [u.heading for u in columns.unmatched] == ["First Name", "Billing Surname"]


def test_a_chosen_column_wins() -> None:
    columns = match_columns(["City", "Town"], chosen={"ship_to.address.city": "Town"})
    assert fields(columns) == {"Town": "ship_to.address.city"}
    assert columns.unmatched[0].rival == "ship_to.address.city"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"ship_to.address.city": "Village"}, "no column 'Village'; there are: City"),
        ({"ship_to.address.village": "City"}, "no field 'ship_to.address.village'"),
        ({"ship_to": "City"}, "no field 'ship_to'"),
        ({"..": "City"}, "no field"),
    ],
)
def test_a_wrong_choice_is_refused(chosen: dict[str, str], says: str) -> None:
    with pytest.raises(NoSuchColumn, match=says):
        match_columns(["City"], chosen=chosen)


def test_headings_and_values_are_told_apart() -> None:
    assert is_heading("Ship To ZIP")
    assert not is_heading("Omaha")
    assert all(map(is_value, ["68142", "3.5", "a@example.com", "402-538-5759"]))
    assert not is_value("Phone")
