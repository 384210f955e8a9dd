"""The calls about kept orders, about events and webhooks: what each asks, and how its reply is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import orjson

from dq_service.client.answer import Answer, Event, Listed, Receipt, Webhook
from dq_service.client.asking import Unreadable
from dq_service.client.bodies import JSON_BODY, read_result
from dq_service.client.wire import Reply, Request
from dq_service.order import JSON

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and what its reply is read as. `once`: it would be done twice if it were asked twice."""

    request: Request
    read: Callable[[Reply], T]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `next` asks for the part behind it, `""` where the list ends."""

    rows: Sequence[T]
    next: str = ""
    more: bool = False  # of events: whether something follows already


# --- orders ---------------------------------------------------------------------------------------------------------


def get(id: str) -> Call[Answer]:
    """An order as it stands."""
    return Call(_get(f"/v1/orders/{_safe(id)}"), read_result)


def find(partner: str, received_id: str, account: str, shipment_id: str) -> Call[Answer]:
    """The same by the sender's own names."""
    path = f"/v1/partners/{_safe(partner)}/orders/{_safe(received_id)}"
    return Call(_get(path, account=account, shipment_id=shipment_id), read_result)


def orders(lifecycle: str, changed_since: str, partner: str, limit: int, after: str) -> Call[Page[Listed]]:
    """A page of the orders kept, by when they changed last."""
    asked = {"lifecycle": lifecycle, "changed_since": changed_since, "partner": partner, "limit": limit, "after": after}
    return Call(_get("/v1/orders", **asked), _page("orders", _listed))


def receipt(id: str) -> Call[Receipt]:
    """Every change of an order."""
    return Call(_get(f"/v1/orders/{_safe(id)}/receipt"), _object(_receipt))


def revert(id: str, change: str, by: str, reason: str, if_match: int | None) -> Call[Answer]:
    """One change taken back, or with "" all that the machine made."""
    wanted = {"change": change} if change else {"machine": True}
    return _command(id, "revert", {**wanted, "by": by, "reason": reason}, if_match)


def cancel(id: str, by: str, reason: str, if_match: int | None) -> Call[Answer]:
    """The order shall not leave any more."""
    return _command(id, "cancel", {"by": by, "reason": reason}, if_match)


def acknowledge(id: str, revision: int, by: str, frozen: bool) -> Call[Answer]:
    """A destination has that revision; frozen: it takes no other."""
    return _command(id, "acknowledge", {"revision": revision, "by": by, "frozen": frozen}, None)


def _command(id: str, verb: str, body: JSON, if_match: int | None) -> Call[Answer]:
    told = {name: value for name, value in body.items() if value != ""}
    headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
    return Call(_post(f"/v1/orders/{_safe(id)}/{verb}", told, headers), read_result)


def _listed(row: JSON) -> Listed:
    return Listed(row["id"], row["lifecycle"], row["revision"], row)


def _receipt(told: JSON) -> Receipt:
    return Receipt(told["changes"], told["patch"], told["inverse"], told)


# --- events and webhooks --------------------------------------------------------------------------------------------


def events(after: str, partner: str, limit: int) -> Call[Page[Event]]:
    """A page of what happened, oldest first; its `next` is set even where nothing follows yet."""

    def read(told: JSON) -> Page[Event]:
        rows, following = told["events"], str(told["next"] if told.get("next") is not None else after)
        last = len(rows) - 1
        events = [_event(row, following if n == last else after) for n, row in enumerate(rows)]
        return Page(events, following, bool(told.get("more", rows)))

    return Call(_get("/v1/events", after=after, partner=partner, limit=limit), _object(read))


def _event(row: JSON, position: str) -> Event:
    return Event(row["id"], row["type"], row["subject"], row["time"], row.get("data") or {}, position, row)


def webhooks() -> Call[Sequence[Webhook]]:
    """The endpoints that events are sent to."""
    return Call(_get("/v1/webhooks"), lambda reply: _page("webhooks", _webhook)(reply).rows)


def add_webhook(url: str, types: Sequence[str], include: Sequence[str], partner: str) -> Call[Webhook]:
    """A new endpoint; its secret comes this once."""
    body = {"url": url, "types": list(types), "include": list(include), "partner": partner}
    return Call(_post("/v1/webhooks", body), _object(_webhook), once=True)


def change_webhook(
    id: str, url: str | None, types: Sequence[str] | None, include: Sequence[str] | None, enabled: bool | None
) -> Call[Webhook]:
    """An endpoint with other values; what is None stays."""
    told = {"url": url, "types": _list(types), "include": _list(include), "enabled": enabled}
    body = {name: value for name, value in told.items() if value is not None}
    return Call(Request("PATCH", f"/v1/webhooks/{_safe(id)}", orjson.dumps(body), JSON_BODY), _object(_webhook))


def remove_webhook(id: str) -> Call[None]:
    """No more events there."""
    return Call(Request("DELETE", f"/v1/webhooks/{_safe(id)}"), lambda reply: None)


def deliveries(id: str, state: str, limit: int, after: str) -> Call[Page[JSON]]:
    """What was sent to an endpoint, is still to be sent, or was given up (`pending`, `delivered`, `dead`)."""
    return Call(
        _get(f"/v1/webhooks/{_safe(id)}/deliveries", state=state, limit=limit, after=after), _page("deliveries")
    )


def replay_webhook(id: str, event: str) -> Call[int]:
    """One event sent again, or with "" all that were given up; how many those are."""
    body: JSON = {"event": event} if event else {"dead": True}
    return Call(_post(f"/v1/webhooks/{_safe(id)}/replay", body), _object(lambda told: int(told["replayed"])))


def _webhook(row: JSON) -> Webhook:
    return Webhook(row["id"], row["url"], row.get("secret") or "", row)


# --- requests and replies -------------------------------------------------------------------------------------------


def _safe(text: str) -> str:
    return quote(text, safe="")


def _get(path: str, **asked: Any) -> Request:
    query = urlencode({name: value for name, value in asked.items() if value not in ("", None)})
    return Request("GET", f"{path}?{query}" if query else path)


def _list(given: Sequence[str] | None) -> list[str] | None:
    return None if given is None else list(given)


def _post(path: str, body: JSON, headers: Mapping[str, str] | None = None) -> Request:
    return Request("POST", path, orjson.dumps(body), {**JSON_BODY, **(headers or {})})


def _object(read: Callable[[JSON], T]) -> Callable[[Reply], T]:
    """Reads a reply that is one JSON object; Unreadable where it is not of that form."""

    def reading(reply: Reply) -> T:
        try:
            return read(reply.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreadable from None

    return reading


def _page(name: str, row: Callable[[JSON], Any] = dict) -> Callable[[Reply], Page[Any]]:
    """Reads `{name: [...], "next": ...}`; a bare list is the whole of it."""

    def read(told: Any) -> Page[Any]:
        if isinstance(told, list):
            return Page([row(one) for one in told])
        return Page([row(one) for one in told[name]], str(told.get("next") or ""))

    return _object(read)
