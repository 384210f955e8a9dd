"""Earlier orders by what they are known by: their recipient, place, site and parcels."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection

from dq_service.order import JSON, Order
from dq_service.recent import shared_keys
from dq_service.store.bulk import Bulk, among, bulk, instant_of
from dq_service.store.written import name_of, text_of, value_of

MOST: Final = 10  # orders under one key


def keys_of(partner: str, order: Order) -> list[int]:
    """The keys of one partner's order: 64 bits (signed) for each key of `recent.shared_keys`.

    The upper half says where a key stands in the index, so that few of its pages are touched for an order: person and
    place of one postal code beside each other, parcels by their numbers, which senders count up. The lower half is a
    hash. Two orders that have nothing in common may so share a key: who finds one looks whether it is right.
    """
    return [key for _, key in _named_keys(partner, order)]


def _named_keys(partner: str, order: Order) -> Iterator[tuple[str, int]]:
    for name, value in shared_keys(order):
        parts = (value,) if isinstance(value, str) else value
        exact = _hash(partner, name, *parts)
        if name in ("person", "place"):
            near = _hash(partner, parts[-1])
        elif name == "parcel":
            near = _hash(partner) + (int("0" + "".join(filter(str.isdecimal, parts[0][-19:-1]))) >> 4)
        else:
            near = exact >> 32
        unsigned = (near & 0xFFFF_FFFF) << 32 | exact & 0xFFFF_FFFF
        yield name, unsigned - (1 << 64) if unsigned >> 63 else unsigned


def _hash(*parts: str) -> int:
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def earlier(connection: Connection, wanted: Collection[int]) -> Mapping[int, Mapping[str, JSON]]:
    """Under each key at most ten orders by their ids, as they stand now, oldest first.

    `order_id` is as received, `status` "cancelled" where the order was called off.
    """
    if not wanted:
        return {}
    ask = bulk(connection)
    ids = _ids(ask, list(wanted))
    orders = _orders(ask, sorted({id_ for found in ids.values() for id_ in found}))
    return {key: {id_: orders[id_] for id_ in reversed(found) if id_ in orders} for key, found in ids.items()}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another order that shares a key with one: `why` names the key (person, place, site, phone, parcel)."""

    id: str
    received_id: str
    lifecycle: str
    at: datetime | None
    why: str


def neighbours(connection: Connection, partner: str, order: Order) -> Sequence[Neighbour]:
    """Other kept orders to the same recipient, place or site, or with the same parcel, newest first; itself too."""
    wanted = {key: name for name, key in _named_keys(partner, order)}
    if not wanted:
        return []
    ask = bulk(connection)
    whys: dict[str, list[str]] = {}
    for key, ids in _ids(ask, list(wanted)).items():
        for id_ in ids:
            whys.setdefault(id_, []).append(wanted[key])
    if not whys:
        return []
    sql = "SELECT id, received_id, lifecycle, received_at FROM orders WHERE id"
    rows = among(ask, sql, whys, then=" ORDER BY received_at DESC")
    return [
        Neighbour(id_, name_of(name), stands, instant_of(at), ", ".join(dict.fromkeys(whys[id_])))
        for id_, name, stands, at in rows
    ]


def _ids(ask: Bulk, wanted: list[int]) -> dict[int, list[str]]:
    newest = f"SELECT order_id FROM known_by WHERE key = given.value ORDER BY order_id DESC LIMIT {MOST}"
    if ask.lists == "json":
        sql = f"SELECT value, (SELECT json_group_array(order_id) FROM ({newest})) FROM json_each(?) AS given"
        return {key: value_of(ids) for key, ids in ask.ask(sql, text_of(wanted)) if ids != "[]"}
    given = "unnest(?::bigint[]) AS given(value)"
    sql = f"SELECT given.value, found.order_id FROM {given} CROSS JOIN LATERAL ({newest}) AS found"
    out: dict[int, list[str]] = {}
    for key, id_ in ask.ask(sql, wanted):
        out.setdefault(key, []).append(id_)
    return out


def _orders(ask: Bulk, ids: list[str]) -> dict[str, JSON]:
    sql = (
        "SELECT o.id, o.lifecycle, o.received_id, r.body FROM orders o "
        "JOIN results r ON r.order_id = o.id AND r.revision = o.revision WHERE o.id"
    )
    return {row[0]: order for row in among(ask, sql, ids) if (order := _order(row)) is not None}


def _order(row: Sequence[Any]) -> JSON | None:
    _, lifecycle, received_id, body = row
    order = value_of(bytes(body))["order"]
    if not isinstance(order, dict):
        return None
    order["order_id"] = name_of(received_id)
    if lifecycle == "cancelled":
        order["status"] = "cancelled"
    return order
