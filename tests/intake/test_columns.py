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


HEADINGS = {  # of ten exports, and what must come of them; what stands for nothing is kept in `extra`
    "Québec": (
        "N° de commande,Prénom,Nom,Adresse de livraison,Complément d'adresse,Ville,Province,Code postal,Pays,Téléphone,"
        "Courriel,Consignes de livraison,Code article,Quantité,Prix unitaire,Couleur",
        "order_id,ship_to.name,,ship_to.address.line1,ship_to.address.line2,ship_to.address.city,ship_to.address.state,"
        "ship_to.address.postal_code,ship_to.address.country,ship_to.phone,ship_to.email,instructions,items[*].sku,"
        "items[*].quantity,items[*].unit_price,",
    ),
    "France": (
        "Référence commande;Destinataire;Adresse;CP;Ville;Tél. portable;Adresse e-mail;Désignation;Qté;Poids;"
        "Créneau début;Créneau fin;Remarques;Nom facturation",
        "order_id,ship_to.name,ship_to.address.line1,ship_to.address.postal_code,ship_to.address.city,ship_to.phone,"
        "ship_to.email,items[*].description,items[*].quantity,packages[*].weight.value,window.start,window.end,"
        "instructions,bill_to.name",
    ),
    "México": (
        "Número de pedido,Fecha del pedido,Nombre,Apellidos,Calle y número,Ciudad,Estado,Código postal,Teléfono,"
        "Correo electrónico,Observaciones,Clave,Cantidad,Importe total,Guía",
        "order_id,placed_at,ship_to.name,,ship_to.address.line1,ship_to.address.city,ship_to.address.state,"
        "ship_to.address.postal_code,ship_to.phone,ship_to.email,instructions,items[*].sku,items[*].quantity,"
        "totals.total,references.tracking_number",
    ),
    "España": (
        "Pedido;Nombre completo;Dirección de envío;Localidad;Provincia;CP;País;Móvil;Referencia artículo;Unidades;"
        "Estado del pedido;Color",
        "order_id,ship_to.name,ship_to.address.line1,ship_to.address.city,ship_to.address.state,"
        "ship_to.address.postal_code,ship_to.address.country,ship_to.phone,items[*].sku,items[*].quantity,status,",
    ),
    "a warehouse's abbreviations": (
        "ORD_NBR,CUST_PO,SHIPTO_NM,SHIPTO_ADDR1,SHIPTO_CTY,SHIPTO_ST,SHIPTO_ZIP,SHIPTO_CNTRY,SHIPTO_PH,ITM_NBR,ORD_QTY,"
        "SVC_LVL,REQ_DLV_DT,WHSE",
        "order_id,references.po,ship_to.name,ship_to.address.line1,ship_to.address.city,ship_to.address.state,"
        "ship_to.address.postal_code,ship_to.address.country,ship_to.phone,items[*].sku,items[*].quantity,service.level,"
        "window.start,",
    ),
    "a florist": (
        "Order Ref,Sender Name,Recipient,Recipient Street,Recipient Town,Recipient ZIP,Deliver On,Card Message,"
        "How Many",
        "order_id,ship_from.name,ship_to.name,ship_to.address.line1,ship_to.address.city,ship_to.address.postal_code,"
        "window.start,gift_message,items[*].quantity",
    ),
    "a pharmacy": (
        "Patient Name,DOB,Home Address,City/State/Zip,Cell,Email Addr,Qty Dispensed,Copay,Drop-off Notes",
        "ship_to.name,,ship_to.address.line1,ship_to.address.city,ship_to.phone,ship_to.email,items[*].quantity,,"
        "instructions",
    ),
    "furniture": (
        "SO#,Customer,Del Address,Del City,Del State,Del Zip,Stock Code,Desc,Delivery Day,Balance Due",
        "order_id,ship_to.name,ship_to.address.line1,ship_to.address.city,ship_to.address.state,"
        "ship_to.address.postal_code,items[*].sku,items[*].description,window.start,",
    ),
    "a program": (
        "orderId,consigneeName,consigneeStateProvinceCode,parcelWeightKg,lineItemSku,promisedDeliveryStart",
        "order_id,ship_to.name,ship_to.address.state,,items[*].sku,window.start",
    ),
}


@pytest.mark.parametrize(("headings", "wanted"), HEADINGS.values(), ids=HEADINGS.keys())
def test_exports_of_many_kinds(headings: str, wanted: str) -> None:
    names = headings.split(";" if ";" in headings else ",")
    found = match_columns(names)
    assert [fields(found).get(name, "") for name in names] == wanted.split(",")


def test_a_name_in_two_columns_is_one_in_other_languages_too() -> None:
    assert [(match.field, match.joined) for match in match_columns(["Nom", "Prénom"]).matched] == [("ship_to.name", 0)]
    assert [(match.field, match.joined) for match in match_columns(["Nombre", "Apellidos"]).matched] == [
        ("ship_to.name", 1)
    ]
    assert [(match.field, match.joined) for match in match_columns(["Nom"]).matched] == [("ship_to.name", None)]


def test_a_file_without_headings_is_told_by_its_values() -> None:
    rows = [
        ("ACME-1001", "Aisha Martinez", "14205 Ida Street", "Omaha", "NE", "68142", "4025385759", "a@example.com"),
        ("ACME-1002", "Keiko Osei", "718 Boston Avenue", "Tulsa", "OK", "74119", "9185842345", "k@example.com"),
    ]
    found = match_columns([f"Column {place}" for place in range(1, 9)], rows)
    assert list(fields(found).values()) == [
        "order_id", "ship_to.name", "ship_to.address.line1", "ship_to.address.city", "ship_to.address.state",
        "ship_to.address.postal_code", "ship_to.phone", "ship_to.email",
    ]  # fmt: skip
    assert {match.how for match in found.matched} == {"shape"}


def test_a_word_of_another_language_is_told_by_its_values() -> None:
    found = match_columns(["Auftrag", "PLZ", "Kontakt", "Fax"], [("x", "68142", "a@example.com", "4025385759")])
    assert fields(found) == {"PLZ": "ship_to.address.postal_code", "Kontakt": "ship_to.email"}
