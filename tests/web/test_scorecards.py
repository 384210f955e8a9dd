"""Scorecards over HTTP: figures of what was sent a moment ago, as JSON, CSV and a page; a partner's own alone."""

import csv
import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from dq_service.watch import Watch
from tests.web.access.conftest import watched as watched
from tests.web.access.house import House, house, order
from tests.web.served import Served, is_problem

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def two(watched: Watch, sqlite_url: str) -> Iterator[House]:
    """Two partners, each with two orders: one that is mended, one that a person must look at."""
    with house(watched, sqlite_url) as two:
        two.everybody()
        for partner in ("acme", "tern"):
            for number, more in enumerate(({}, {"ship_to": {}, "account": "=shop"}), 1):
                made = two.ask("key of all", "POST", "/v1/orders", order(partner, number, **more))
                assert made.status_code == 201
        yield two


def figures(house: House, caller: str, query: str = "") -> Any:
    answer = house.ask(caller, "GET", f"/v1/scorecards{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_manager_sees_all_a_partner_its_own(two: House) -> None:
    everything = figures(two, "manager")
    assert (everything["orders"], everything["counted"], everything["partner"]) == (4, "all", None)
    assert sorted(everything["partners"]) == ["acme", "tern"]
    assert everything["backlog"]["orders"] == 2
    assert figures(two, "manager", "?partner=acme&by=account")["accounts"]["=shop"]["orders"] == 1
    own = figures(two, "partner acme")
    assert (own["orders"], own["counted"], own["partner"], own["backlog"]["orders"]) == (2, "partner", "acme", 1)
    assert "tern" not in str(own)
    assert figures(two, "partner acme", "?counted=all")["counted"] == "partner"
    assert two.ask("partner acme", "GET", "/v1/scorecards?partner=tern").status_code == 403
    assert two.ask("reviewer", "GET", "/v1/scorecards").status_code == 403


def test_every_rate_has_its_n_and_interval(two: House) -> None:
    found = figures(two, "manager", "?partner=acme")
    for name in ("first_pass", "repaired", "by_person", "in_review", "rejected", "refused"):
        rate = found[name]
        assert rate["n"] == 2
        assert 0 <= rate["low"] <= rate["rate"] <= rate["high"] <= 1
    assert (found["repaired"]["count"], found["in_review"]["count"]) == (1, 1)
    assert found["sent"]["overall"]["mean"] > found["received"]["overall"]["mean"]
    assert [day for day in found["days"] if "orders" in day] == found["days"][-1:]
    only = figures(two, "manager", "?partner=acme&rule=ADR021")
    assert [cause["rule"] for cause in only["causes"]] == ["ADR021"]
    assert only["days"][-1]["found"]["count"] == 1


def test_the_orders_behind_a_figure(two: House) -> None:
    causes = {cause["rule"]: cause for cause in figures(two, "partner acme")["causes"]}
    found = two.ask("partner acme", "GET", causes["ADR021"]["orders"]).json()["orders"]
    assert [(one["received_id"], one["partner"]) for one in found] == [("ACME-1", "acme")]
    assert two.ask("partner acme", "GET", "/v1/scorecards/orders?partner=tern").status_code == 403
    page = two.ask("manager", "GET", "/v1/scorecards/orders?limit=3").json()
    rest = two.ask("manager", "GET", f"/v1/scorecards/orders?limit=3&after={page['next']}").json()
    assert len(page["orders"] + rest["orders"]) == 4
    assert two.ask("manager", "GET", "/v1/scorecards/orders?after=x").status_code == 400


def test_a_partner_disputes(two: House) -> None:
    found = two.ask("partner acme", "GET", "/v1/scorecards/orders?rule=ADR021").json()["orders"][0]
    said = {"order_id": found["id"], "rule": "ADR021", "reason": "it is a town of ours"}
    assert two.ask("partner tern", "POST", "/v1/findings/dispute", said).status_code == 404
    assert (
        two.ask("partner acme", "POST", "/v1/findings/dispute", {**said, "rule": "NO1"}).json()["reason"] == "finding"
    )
    before = figures(two, "partner acme")["received"]["overall"]["mean"]
    assert two.ask("partner acme", "POST", "/v1/findings/dispute", said).json()["new"]
    after = figures(two, "partner acme")
    assert after["received"]["overall"]["mean"] > before
    assert {one["rule"]: one["disputed"] for one in after["causes"]}["ADR021"] == 1
    assert figures(two, "manager", "?partner=acme")["repaired"]["count"] == 1


def test_tables_as_csv(two: House) -> None:
    answer = two.ask("manager", "GET", "/v1/scorecards?partner=acme&by=account&format=csv&table=parts")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row[0] for row in rows] == ["name", "", "'=shop"]  # no formula
    assert len({len(row) for row in rows}) == 1
    days = list(csv.DictReader(io.StringIO(two.ask("manager", "GET", "/v1/scorecards?format=csv").text)))
    assert (len(days), days[-1]["orders"], days[0]["orders"], days[0]["score_received"]) == (28, "4", "0", "")
    causes = list(csv.DictReader(
        io.StringIO(two.ask("manager", "GET", "/v1/scorecards?format=csv&table=causes").text)
    ))  # fmt: skip
    assert causes[0]["orders_of"] == "4"


@pytest.mark.parametrize("query", ["?from=2026-12-02&to=2026-12-01", "?from=2020-01-01", "?from=x", "?by=colour"])
def test_days_that_are_none(two: House, query: str) -> None:
    answer = two.ask("manager", "GET", f"/v1/scorecards{query}")
    assert answer.status_code == 422, answer.text


class Text(HTMLParser):
    """What a page says; inline styles and scripts are not allowed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        assert "style" not in names
        assert not any(name.startswith("on") for name in names)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page(two: House) -> None:
    answer = two.ask("manager", "GET", "/scorecards?partner=acme")
    told = " ".join(Text(answer.text).text.split())
    assert answer.status_code == 200
    assert "acme: " in told
    assert "of 100 as received" in told
    assert "1 wait for a person now" in told
    assert 'class="trend"' in answer.text
    assert len(answer.content) < 60_000
    everybody = two.ask("manager", "GET", "/scorecards").text
    assert 'href="/scorecards?partner=tern"' in everybody
    own = two.ask("partner acme", "GET", "/scorecards").text
    assert "tern" not in own
    assert two.ask("partner acme", "GET", "/scorecards?partner=tern").status_code == 403
    assert two.ask("manager", "GET", "/scorecards?from=x").status_code == 422
    none = two.ask("manager", "GET", "/scorecards?partner=nobody").text
    assert "No orders in these days" in none


def test_the_page_of_the_orders_behind(two: House) -> None:
    page = two.ask("manager", "GET", "/scorecards/orders?partner=acme&rule=ADR021").text
    assert "ACME-1" in page
    assert "ACME-2" not in page
    assert "tern" not in two.ask("partner acme", "GET", "/scorecards/orders").text.lower()
    assert two.ask("partner acme", "GET", "/scorecards/orders?partner=tern").status_code == 403


def test_names_that_would_be_script_are_text(two: House) -> None:
    name = "<script>alert(1)</script>"
    two.ask("key of all", "POST", "/v1/orders", order(name, 7, account=name))
    page = two.ask("manager", "GET", "/scorecards").text
    assert name not in page
    assert "&lt;script&gt;alert(1)" in page


def test_on_both_databases(served: Served) -> None:
    sent = {"order_id": "SC-1", "partner": "finch", "ship_to": {"address": {"city": "Omhaa"}}}
    assert served.ask("POST", "/v1/orders", json.dumps(sent)).status == 201
    found = served.ask("GET", "/v1/scorecards?partner=finch").json
    assert (found["orders"], found["backlog"]["orders"]) == (1, 1)
    behind = served.ask("GET", found["causes"][0]["orders"]).json["orders"]
    assert [one["received_id"] for one in behind] == ["SC-1"]
    rule = found["causes"][0]["rule"]
    disputed = {"order_id": behind[0]["id"], "rule": rule}
    assert served.ask("POST", "/v1/findings/dispute", json.dumps(disputed), JSON).json["new"]
    assert is_problem(served.ask("POST", "/v1/findings/dispute", '{"order_id": "ord_0", "rule": "X"}', JSON), 404)
    assert served.ask("GET", "/scorecards?partner=finch").status == 200
