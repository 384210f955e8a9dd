"""A made-up carrier's day: orders of three invented partners, some right, most of the others wrong as orders go wrong.

`python -m dq_service.demo FOLDER` writes a data folder with the partners' files and `orders.ndjson` in it. Nobody in
it exists: names are drawn from lists, house numbers by lot, telephone numbers from exchange 555, which is nobody's.
"""

import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, NamedTuple

from dq_service.intake.json_text import write
from dq_service.order import JSON
from dq_service.reference.whereabouts import tables_folder

AS_OF: Final = "2026-12-01T18:00:00Z"  # the instant at which the orders make sense
SEED: Final = 1896  # the year of the first rural delivery
CLEAN: Final = 12  # orders with nothing wrong

_FIRST: Final = (
    "Aisha",
    "Bruno",
    "Carmen",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hiro",
    "Imani",
    "Jonas",
    "Keiko",
    "Lena",
)
_LAST: Final = (
    "Martinez",
    "Okafor",
    "Lindqvist",
    "Novak",
    "Tremblay",
    "Osei",
    "Hartmann",
    "Delgado",
    "Fox",
    "Kowalski",
)
_COMPANIES: Final = ("Prairie Lamp Works", "Bluestem Clinic", "Harbor Bakery", "Cottonwood Dental", "Ridge & Sons")
_INSTRUCTIONS: Final = ("Leave with concierge", "Ring twice", "Side entrance, blue door", "Call on arrival")
_PREFIXES: Final = {"acme": "ACME-", "meadowlark-pharmacy": "RX", "northbound-freight": "NBTO-"}


class Place(NamedTuple):
    """A street that is there, with the area code of its town and its offset from UTC in winter."""

    street: str
    city: str
    state: str
    postal_code: str
    area_code: str
    offset: str = "-06:00"
    country: str = "US"


_PLACES: Final = (
    Place("Ida Street", "Omaha", "NE", "68142", "402"),
    Place("Grand Avenue", "Des Moines", "IA", "50309", "515"),
    Place("Phillips Avenue", "Sioux Falls", "SD", "57104", "605"),
    Place("Houston Street", "Fort Worth", "TX", "76102", "817"),
    Place("Congress Street", "Portland", "ME", "04101", "207", "-05:00"),
    Place("Main Street", "Springfield", "MA", "01103", "413", "-05:00"),
    Place("Boston Avenue", "Tulsa", "OK", "74103", "918"),
)
_CANADIAN: Final = (
    Place("Queen Street West", "Toronto", "ON", "M5V 2A2", "416", "-05:00", "CA"),
    Place("Portage Avenue", "Winnipeg", "MB", "R3C 0B9", "204", "-06:00", "CA"),
)


def orders(seed: int = SEED) -> list[JSON]:
    """The day's orders: the same for the same seed."""
    lot = random.Random(seed)
    day = [_order(lot, number) for number in range(CLEAN)]
    for number, (spoil, partner, *town) in enumerate(_SLIPS, CLEAN):
        order = _order(lot, number, partner, *town)
        spoil(order)
        day.append(order)
    again = deepcopy(day[2])  # the same parcel once more, under a new id
    again["order_id"] = again["order_id"][:-2] + "99"
    lot.shuffle(day)
    return [*day, again]


def lines(seed: int = SEED) -> Iterator[bytes]:
    """The day as it arrives, with a line that was cut off on the way."""
    day = [write(order) for order in orders(seed)]
    yield from day[:20]
    yield day[20][: len(day[20]) // 2]
    yield from day[20:]


def write_folder(folder: Path, seed: int = SEED) -> Path:
    """A data folder with the partners and the day's orders; returns the file of orders."""
    partners = folder / "partners"
    partners.mkdir(parents=True, exist_ok=True)
    for example in sorted((tables_folder() / "partners").glob("*.yaml")):
        shutil.copyfile(example, partners / example.name)
    file = folder / "orders.ndjson"
    file.write_bytes(b"".join(line + b"\n" for line in lines(seed)))
    return file


def _order(lot: random.Random, number: int, partner: str = "", town: str = "") -> JSON:
    """One order with nothing wrong, to a town where one is wanted."""
    partner = partner or ("acme", "meadowlark-pharmacy")[number % 2]
    freight = partner == "northbound-freight"
    places = [place for place in (_CANADIAN if freight else _PLACES) if town in ("", place.city)]
    place = lot.choice(places)
    first, last = lot.choice(_FIRST), lot.choice(_LAST)
    order: JSON = {
        "order_id": f"{_PREFIXES[partner]}1042{number:02}",
        "partner": partner,
        "channel": "edi" if freight else "shopify",
        "kind": "delivery",
        "status": "created",
        "placed_at": f"2026-12-01T09:{number:02}:00{place.offset}",
        "ship_to": {
            "name": f"{first} {last}",
            "company": lot.choice(_COMPANIES) if freight else "",
            "site_id": f"S-{lot.randrange(100, 999)}" if freight else "",
            "phone": f"+1{place.area_code}555{lot.randrange(2000, 9900)}",
            "email": f"{first}.{last}@example.com".lower(),
            "address": {
                "line1": f"{lot.randrange(101, 2900)} {place.street}",
                "line2": "",
                "city": place.city,
                "state": place.state,
                "postal_code": place.postal_code,
                "country": place.country,
            },
        },
        "instructions": lot.choice(_INSTRUCTIONS),
        "window": {"start": f"2026-12-02T10:00:00{place.offset}", "end": f"2026-12-02T12:00:00{place.offset}"},
        "items": [{"sku": f"LMP-{lot.randrange(1000, 9999)}-R1", "quantity": lot.randrange(1, 4), "unit": "EA"}],
    }
    if freight:
        order["packages"] = [{"count": lot.randrange(1, 5), "weight": {"value": lot.randrange(40, 400), "unit": "lb"}}]
    return order


def _setting(path: str, value: Any) -> Callable[[JSON], None]:
    """Puts a value there."""
    return lambda order: _at(order, path, lambda _: value)


def _making(path: str, change: Callable[[Any], Any]) -> Callable[[JSON], None]:
    """Makes something else of the value there."""
    return lambda order: _at(order, path, change)


def _at(order: JSON, path: str, change: Callable[[Any], Any]) -> None:
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    branch: Any = order
    for step in steps:
        branch = branch[step]
    branch[last] = change(branch.get(last) if isinstance(branch, dict) else branch[last])


def _swapped(text: str) -> str:
    """Two letters in the middle, the wrong way round."""
    half = len(text) // 2
    return text[: half - 1] + text[half] + text[half - 1] + text[half + 1 :]


def _in_one_line(order: JSON) -> None:
    address = order["ship_to"]["address"]
    address["line1"] = f"{address['line1']}, {address['city']}, {address['state']} {address['postal_code']}"
    address["city"] = address["state"] = address["postal_code"] = ""


def _city_with_state(order: JSON) -> None:
    address = order["ship_to"]["address"]
    address["city"], address["state"] = f"{address['city']}, {address['state']}", ""


def _window_inverted(order: JSON) -> None:
    window = order["window"]
    window["start"], window["end"] = window["end"], window["start"]


def _window_over(order: JSON) -> None:
    order["window"] = {"start": "2026-11-30T10:00:00-06:00", "end": "2026-11-30T12:00:00-06:00"}


_ADDRESS: Final = "ship_to.address."
_SLIPS: Final[Sequence[tuple[Callable[[JSON], None], str] | tuple[Callable[[JSON], None], str, str]]] = (
    (_making(_ADDRESS + "city", _swapped), "acme"),
    (_making(_ADDRESS + "city", lambda city: f"{city}\u00a0"), "acme"),
    (_setting(_ADDRESS + "postal_code", 4101), "acme", "Portland"),
    (_making(_ADDRESS + "postal_code", lambda code: code.replace("0", "O").replace("1", "l")), "acme", "Des Moines"),
    (_making(_ADDRESS + "postal_code", float), "acme", "Tulsa"),
    (_setting(_ADDRESS + "state", ""), "acme"),
    (_setting(_ADDRESS + "country", "U.S.A."), "acme"),
    (_in_one_line, "acme"),
    (_city_with_state, "acme"),
    (_making(_ADDRESS + "line1", lambda line: f"{line}   Apt 4B"), "acme"),
    (_making(_ADDRESS + "line1", lambda line: line.partition(" ")[2]), "acme"),
    (_setting(_ADDRESS + "line1", "PO Box 1182"), "acme"),
    (_making(_ADDRESS + "line1", lambda line: line.replace("Avenue", "Avnue").replace("Street", "Steret")), "acme"),
    (_setting(_ADDRESS + "line2", "N/A"), "acme"),
    (_setting(_ADDRESS + "line2", "gate code 4521"), "acme"),
    (_setting("ship_to.name", "Zoë Hartmann".encode().decode("cp1252")), "acme"),
    (_setting("ship_to.name", "Ridge &amp; Sons"), "acme"),
    (_making("ship_to.phone", lambda phone: f"({phone[2:5]}) {phone[5:8]}-{phone[8:]} x12"), "acme"),
    (_making("ship_to.phone", lambda phone: int(phone[2:])), "meadowlark-pharmacy"),
    (_setting("ship_to.phone", "555-0123"), "meadowlark-pharmacy"),
    (_making("ship_to.email", lambda email: f"mailto:{email}."), "acme"),
    (_making("order_id", lambda number: f"#{number.replace('-', ' ').lower()}"), "acme"),
    (_window_inverted, "acme"),
    (_window_over, "meadowlark-pharmacy"),
    (_setting("items.0.quantity", "2.0"), "acme"),
    (_setting("items.0.quantity", 0), "meadowlark-pharmacy"),
    (_setting("status", "out for delvery"), "acme"),
    (_setting("window", None), "meadowlark-pharmacy"),
    (_making(_ADDRESS + "postal_code", lambda code: code.replace(" ", "").lower()), "northbound-freight"),
    (_setting("ship_to.site_id", ""), "northbound-freight"),
)


def main() -> int:
    """Writes the folder named on the command line and says where the orders are."""
    if len(sys.argv) != 2:
        print("usage: python -m dq_service.demo FOLDER", file=sys.stderr)
        return 2
    print(write_folder(Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
