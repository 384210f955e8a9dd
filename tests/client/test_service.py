"""The client against `dq serve` itself, and the examples of its page."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dq_service import client as public
from dq_service.app import open_app
from dq_service.client import AsyncClient, Client, KeyReused, LocalClient, NotFound, Outdated
from dq_service.engine.proof import overlaid
from dq_service.settings import Settings
from tests.client.keeper import Keeper
from tests.databases import Server
from tests.web.served import PARTNER, serving

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")
WAITING, AWAITING, LOCAL = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
CLIENTS = (Client, AsyncClient)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "partners").mkdir()
    (folder / "partners" / "tern.yaml").write_text(PARTNER.replace("shadow: true", "shadow: false"))
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One worker on SQLite, then two on PostgreSQL."""
    log = tmp_path_factory.mktemp("log") / "server.txt"
    postgresql: Server | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with serving(data, log, postgresql, "for_the_client") as server:
        yield f"http://127.0.0.1:{server.port}"


def wrong(order_id: str) -> dict[str, Any]:
    return overlaid({"order_id": order_id, "partner": "tern", "ship_to.address.city": "Omhaa"})


def test_the_service_answers_as_this_process_does(url: str, data: Path, tmp_path: Path) -> None:
    order = overlaid({"ship_to.address.city": "Omhaa", "ship_to.address.line1": "Ida Street"})
    with Client(url, partner="tern", spool=tmp_path, timeout=10.0) as client:
        there = client.check(order)
    here = LocalClient(open_app(Settings(data)), partner="tern").check(order)
    assert (there.verdict, there.action, there.order) == (here.verdict, here.action, here.order)
    assert there.findings == here.findings
    assert there.repairs == here.repairs


def test_an_orders_life(url: str, tmp_path: Path) -> None:
    with Client(url, partner="tern", spool=tmp_path, timeout=10.0) as client:
        answer = client.keep(wrong("TERN-0001"), key="one")
        assert (answer.verdict, answer.action, answer.revision) == ("repaired", "release", 1)
        assert client.keep(wrong("TERN-0001"), key="one").repeat
        with pytest.raises(KeyReused):
            client.keep(wrong("TERN-0002"), key="one")
        assert client.keep(wrong("TERN-0001")).id == answer.id
        assert answer.id is not None
        assert client.get(answer.id).lifecycle == "released"
        assert client.find("tern", "TERN-0001").id == answer.id
        change, *_ = client.receipt(answer.id).changes
        assert (change["field"], change["before"], change["after"]) == ("ship_to.address.city", "Omhaa", "Omaha")
        with pytest.raises(Outdated):
            client.cancel(answer.id, if_match=7)
        with pytest.raises(NotFound):
            client.get("ord_none")
        assert client.acknowledge(answer.id, 1, by="wms").lifecycle == "released"
        reverted = client.revert(answer.id, by="ops")
        assert reverted.order is not None
        assert reverted.order["ship_to"]["address"]["city"] == "Omhaa"
        assert reverted.revision is not None
        assert client.cancel(answer.id, by="ops", if_match=reverted.revision).lifecycle == "cancelled"


def test_a_batch_and_the_list(url: str, tmp_path: Path) -> None:
    with Client(url, partner="tern", spool=tmp_path, timeout=10.0) as client:
        orders = [wrong(f"TERN-1{number:03}") for number in range(120)]
        answers = list(client.keep_many(orders))
        assert [answer.raw["received_id"] for answer in answers] == [order["order_id"] for order in orders]
        assert all(answer.verdict and answer.id for answer in answers)
        listed = {row.id for row in client.orders(partner="tern", limit=50)}
        assert {answer.id for answer in answers} <= listed


def test_what_was_spooled_is_kept_once(url: str, tmp_path: Path) -> None:
    with Client("http://127.0.0.1:9", partner="tern", spool=tmp_path, timeout=0.2) as away:
        assert all(away.keep(wrong(f"TERN-2{number:03}"), key=f"late-{number}").spooled for number in range(5))
    with Client(url, partner="tern", spool=tmp_path, timeout=10.0) as client:
        assert client.flush(20.0).waiting == 0
        found = [client.find("tern", f"TERN-2{number:03}") for number in range(5)]
        assert [answer.revision for answer in found] == [1] * 5
        assert client.keep(wrong("TERN-2003"), key="late-3").repeat


def test_events_and_webhooks(url: str, tmp_path: Path) -> None:
    with Client(url, partner="tern", spool=tmp_path, timeout=10.0) as client:
        answers = [client.keep(overlaid({"order_id": f"TERN-5{n:03}", "partner": "tern"})) for n in range(7)]
        events = list(client.events(limit=3))
        assert [event.subject for event in events if event.type == "order.received"][-7:] == [one.id for one in answers]
        middle = events[len(events) // 2]
        rest = [event.id for event in client.events(middle.position, limit=3)]
        assert rest[-len(events) // 2 + 2 :] == [event.id for event in events][-len(events) // 2 + 2 :]
        assert list(client.events("latest")) == []
        hook = client.add_webhook("http://127.0.0.1:9/hook", types=["order.held"], include=["order"])
        assert client.change_webhook(hook.id, types=["order.refused"]).raw["types"] == ["order.refused"]
        assert client.change_webhook(hook.id, enabled=False).raw["disabled_why"] == "on request"
        assert client.change_webhook(hook.id, enabled=True).raw["disabled_at"] is None
        assert hook.secret.startswith("whsec_")
        assert [one.id for one in client.webhooks()] == [hook.id]
        assert list(client.deliveries(hook.id, state="dead")) == []
        assert client.replay_webhook(hook.id) == 0
        client.remove_webhook(hook.id)
        assert client.webhooks() == []


def test_an_order_of_any_characters_is_found(url: str, tmp_path: Path) -> None:
    with Client(url, partner="b c", spool=tmp_path, timeout=10.0) as client:
        answer = client.keep(overlaid({"order_id": "#10/01 ü?", "own": 2**70}))
        assert answer.order is not None
        assert answer.order["own"] == 2**70
        assert client.find("b c", "#10/01 ü?").id == answer.id


@pytest.mark.parametrize("partner", ["", "north/south", "a/orders/b", "50%2F50"])
def test_an_order_of_any_partner_is_found(url: str, tmp_path: Path, partner: str) -> None:
    with Client(url, spool=tmp_path, timeout=10.0) as client:
        answer = client.keep(overlaid({"order_id": "ANY/orders/1", "partner": partner}))
        assert client.find(partner, "ANY/orders/1").id == answer.id
        with pytest.raises(NotFound):
            client.find(f"{partner}/", "ANY/orders/1")


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_example_of_the_client_that_waits_runs(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Any] = []
    names = {"order": wrong("TERN-3001"), "send_on": sent.append, "wait": None}
    exec(_here(WAITING, url, tmp_path), names)
    assert sent[0]["ship_to"]["address"]["city"] == "Omaha"
    assert "ADR021 ship_to.address.city repaired" in capsys.readouterr().out
    names["client"].close()  # type: ignore[union-attr]


def test_the_example_for_asyncio_runs(keeper: Keeper, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = [{"order_id": f"A-{number}"} for number in range(3)]
    names: dict[str, Any] = {"order": orders[0], "orders": orders, "position": ""}
    exec(_here(AWAITING, keeper.url, tmp_path), names)
    asyncio.run(names["main"]())
    said = capsys.readouterr().out
    assert said.startswith("clean release\nord_A-0 clean")
    assert "order.received ord_A-2" in said


def test_the_example_in_this_process_runs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(
        LOCAL.replace('Path("data")', f"Path({str(data)!r})").replace('"acme"', '"tern"'), {"order": wrong("TERN-4001")}
    )
    assert capsys.readouterr().out.startswith("repaired release")


def test_each_example_is_short() -> None:
    assert all(len([line for line in block.splitlines() if line]) <= 12 for block in (WAITING, AWAITING, LOCAL))


def test_every_call_is_on_the_page_and_both_clients_have_it() -> None:
    table = PAGE.partition("## All calls")[2]
    told = set(re.findall(r"[`·] ?`?(\w+)\(", table))
    calls = [{name for name in vars(kind) if not name.startswith("_")} for kind in CLIENTS]
    assert calls[0] == calls[1]
    assert told == calls[0] - {"spool"}
    assert all(hasattr(public, name) for name in public.__all__)
    assert {name for name in vars(LocalClient) if not name.startswith("_")} == {"check"}


def _here(example: str, url: str, folder: Path) -> str:
    return (
        example.replace("http://127.0.0.1:8000", url)
        .replace("/var/spool/acme", str(folder))
        .replace('"…"', '""')
        .replace('"acme"', '"tern"')
    )
