"""`dq profiles`, and `dq check` of payloads in a partner's own format."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Dq

SHOP = {
    "orders": [
        {
            "name": "#2041",
            "created_at": "2026-11-30T10:15:00-06:00",
            "fulfillment_status": "on_a_drone",
            "shipping_address": {
                "name": "Aisha Martinez", "street": "14205 Ida Street", "city": "Omhaa", "province_code": "NE",
                "zip": "68142", "country_code": "US", "phone": "+14025385759",
            },
            "line_items": [{"id": 1, "sku": "LMP-1496-R9", "quantity": 1}],
        },
        {"name": "#2042", "shipping_address": {"city": "Omaha"}, "line_items": [{"id": 2, "quantity": 1}]},
    ]
}  # fmt: skip
OWN = """\
name: nova
about: a shop of our own
fields: {order_id: no, ship_to.name: who}
samples: [{name: one, payload: {no: 7}, gives: [{order_id: "7"}]}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.json").write_text(json.dumps(SHOP, indent=1), "utf-8")
    (tmp_path / "partners").mkdir()
    (tmp_path / "partners" / "tern.yaml").write_text("name: tern\nprofile: shopify\n", "utf-8")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "nova.yaml").write_text(OWN, "utf-8")
    return tmp_path


def checked(dq: Dq, folder: Path, *arguments: str) -> list[dict[str, object]]:
    said = dq("check", *arguments, "--format", "ndjson", "--data", str(folder))
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_payload_is_mapped_and_checked(dq: Dq, folder: Path) -> None:
    first, second = checked(dq, folder, str(folder / "shop.json"), "--profile", "shopify")
    assert (first["received_id"], first["line"]) == ("#2041", 3)
    assert first["order"]["items"][0]["sku"] == "LMP-1496-R9"  # type: ignore[index]
    causes = {one["field"]: one["cause"] for one in first["findings"]}  # type: ignore[attr-defined]
    assert causes == {"ship_to.address.line1": "profile", "ship_to.address.city": "partner"}
    causes = {one["field"]: one["cause"] for one in second["findings"]}  # type: ignore[attr-defined]
    assert causes == {"ship_to.address.line1": "partner"}


def test_a_partners_profile_is_taken_where_none_is_named(dq: Dq, folder: Path) -> None:
    file = str(folder / "shop.json")
    assert [one["received_id"] for one in checked(dq, folder, file, "--partner", "tern")] == ["#2041", "#2042"]
    (folder / "nova.ndjson").write_text('{"no": 7}\n{"no": 8}\n[]\n{"x": 1}\n{\n', "utf-8")
    found = checked(dq, folder, str(folder / "nova.ndjson"), "--partner", "tern", "--profile", "nova")
    assert [(one["line"], one["received_id"], one["verdict"] == "rejected") for one in found] == [
        (1, "7", False), (2, "8", False), (4, "", True), (5, "", True),
    ]  # fmt: skip


def test_the_report_says_where_a_field_came_from(dq: Dq, folder: Path) -> None:
    table = dq("check", str(folder / "shop.json"), "--profile", "shopify", "--data", str(folder)).out
    assert "the payload has shipping_address.street, which the profile shopify does not map" in " ".join(table.split())
    story = dq("check", str(folder / "shop.json"), "--profile", "shopify", "--explain", "--data", str(folder)).out
    assert "from shipping_address.city" in story
    assert "it answers for channel, status" in " ".join(story.split())
    assert "shipping_address.street may be ship_to.address.line1, and is not mapped" in " ".join(story.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--profile", "shopfy"), "no profile 'shopfy'; did you mean 'shopify'?"),
        (("--profile", "edifact"), "no profile 'edifact'; its file would be"),
        (("--profile", "shopify", "--map", "order_id=x"), "--map and the profile shopify both say"),
        (("--partner", "tern", "--fix", "out.json"), "--fix writes orders, not payloads"),
    ],
)
def test_wrong_use(dq: Dq, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = dq("check", str(folder / "shop.json"), *arguments, "--data", str(folder))
    assert (ran.code, said in ran.err, ran.err.count("\n")) == (2, True, 1)


def test_a_profile_that_does_not_hold_is_not_used(dq: Dq, folder: Path) -> None:
    (folder / "profiles" / "nova.yaml").write_text(OWN.replace("order_id: no", "order_id: nr"), "utf-8")
    (folder / "nova.ndjson").write_text('{"no": 7}\n', "utf-8")
    ran = dq("check", str(folder / "nova.ndjson"), "--profile", "nova", "--data", str(folder))
    assert (ran.code, ran.out) == (2, "")
    assert "nova.yaml:4: sample 'one': 0 orders came of it, not 1" in ran.err
    tested = dq("profiles", "test", "--data", str(folder))
    assert (tested.code, tested.err) == (1, "1 problem\n")
    assert "nova.yaml:4: sample 'one'" in tested.out


def test_profiles_are_listed_shown_and_tested(dq: Dq, folder: Path) -> None:
    listed = dq("profiles", "list", "--data", str(folder)).out
    assert "nova         own" in listed
    assert "shopify      ships" in listed
    shown = dq("profiles", "show", "woocommerce", "--data", str(folder)).out
    assert "processing → confirmed" in shown
    assert "always woocommerce" in shown
    assert "items[*]" in shown
    assert "did you mean 'amazon'?" in dq("profiles", "show", "amazn", "--data", str(folder)).err
    tested = dq("profiles", "test", "nova", "--data", str(folder))
    assert (tested.code, tested.out) == (0, "1 profile, 1 sample: all hold\n")


def test_what_the_columns_of_a_table_were_taken_for_is_said(dq: Dq, folder: Path) -> None:
    (folder / "commandes.csv").write_text("N° de commande,Prénom,Nom,Vile,Couleur\n1001,Ada,Osei,Omaha,red\n", "utf-8")
    err = dq("check", str(folder / "commandes.csv"), "--data", str(folder)).err.splitlines()
    assert [line.partition("commandes.csv: ")[2] for line in err] == [
        "taken for fields by their names: N° de commande → order_id, Prénom + Nom → ship_to.name",
        "no field, kept under extra: Vile, Couleur",
    ]
    (folder / "plain.csv").write_text("order_id,ship_to.name\n1001,Ada\n", "utf-8")
    assert dq("check", str(folder / "plain.csv"), "--data", str(folder)).err == ""


def test_a_partner_whose_profile_is_wrong_is_told(dq: Dq, folder: Path) -> None:
    assert dq("partners", "check", "--data", str(folder)).code == 0
    (folder / "partners" / "tern.yaml").write_text("name: tern\nprofile: nova\n", "utf-8")
    (folder / "profiles" / "nova.yaml").write_text(OWN.replace("order_id: no", "order_id: nr"), "utf-8")
    (folder / "partners" / "wren.yaml").write_text("name: wren\nprofile: shopfy\n", "utf-8")
    told = dq("partners", "check", "--data", str(folder))
    assert told.code == 1
    assert "wren.yaml:2: no profile 'shopfy'; did you mean 'shopify'?" in told.out
    assert "nova.yaml:4: sample 'one': 0 orders came of it, not 1" in told.out
