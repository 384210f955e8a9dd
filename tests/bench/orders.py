"""Made-up orders for measuring: every one new, at places that exist and streets that do not, most with errors."""

import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dq_service.intake.reference_import import import_addresses, import_skus
from dq_service.reference.bundle import load
from dq_service.reference.whereabouts import tables_folder

PARTNER: Final = "bench"
PARTNER_FILE: Final = """\
name: bench
po_boxes: false
order_id: 'BENCH-\\d{6}'
catalog: bench
required: [ship_to.name, ship_to.contact, items, window]
instructions_required: [unit]
shadow: false
"""
CLEAN: Final = 0.4  # share of the orders that have no error
KNOWN: Final = 0.7  # share of the addresses that are among the known points
SKUS: Final = 2_000


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words("Ada Bela Cleo Dario Elif Femi Gita Hugo Ines Jona Kofi Lena Milo Nadia Omar Pia Quinn Rosa Sami Tess")
_LAST = _words("Abara Bloom Castell Dimas Eriksen Fontaine Gruber Holm Ikeda Jansen Kovac Lindqvist Moreau Novak Osei")
_COLOURS = _words("Amber Birch Copper Dusk Ember Fallow Granite Heather Indigo Juniper Laurel Marble Nettle Ochre")
_THINGS = _words("Anvil Bend Crossing Dale Eddy Fern Gable Hollow Inlet Knoll Lantern Meadow Notch Orchard Pond Ridge")
_SUFFIXES = _words("Street Avenue Road Drive Lane Court Boulevard Way Place Terrace St Ave Rd Dr Ln Ct Blvd")
_HOW = ["Leave with the concierge", "Second door on the left", "Ring twice", "Side entrance", "Behind the planter"]

Order = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A city as the place table has it."""

    city: str
    state: str
    postal_code: str
    area_codes: list[str]


@dataclass(frozen=True, slots=True)
class Article:
    """A line of the made-up catalog."""

    sku: str
    gtin: str


class Maker:
    """Makes orders, the same ones for the same seed; `now` is when they were placed."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._random = random.Random(seed)
        self._now = now
        self._made = 100_000
        self._places = _places()
        self.articles = [self._article(number) for number in range(SKUS)]
        self.addresses: list[tuple[int, str, str]] = []  # number, street, ZIP of every order, as they should be

    def orders(self, count: int) -> Iterator[Order]:
        """New orders; none comes twice."""
        for _ in range(count):
            order = self._clean()
            if self._random.random() >= CLEAN:
                for damage in self._random.sample(DAMAGES, self._random.choice((1, 1, 2, 3))):
                    damage(order, self._random)
            yield order

    def _clean(self) -> Order:
        pick = self._random
        self._made += 1
        place = pick.choice(self._places)
        first, last = pick.choice(_FIRST), pick.choice(_LAST)
        street = f"{pick.choice(_COLOURS)} {pick.choice(_THINGS)} {pick.choice(_SUFFIXES)}"
        number = pick.randint(1, 19_999)
        self.addresses.append((number, street, place.postal_code))
        start = self._now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1, hours=pick.randrange(8))
        items = [
            {"sku": one.sku, "gtin": one.gtin, "quantity": pick.randint(1, 4), "unit": "EA"}
            for one in pick.sample(self.articles, pick.choice((1, 1, 2, 3)))
        ]
        return {
            "order_id": f"BENCH-{self._made}",
            "partner": PARTNER,
            "channel": "shopify",
            "kind": "delivery",
            "status": "created",
            "placed_at": (self._now - timedelta(minutes=pick.randint(5, 600))).isoformat(),
            "ship_to": {
                "name": f"{first} {last}",
                "phone": f"+1{pick.choice(place.area_codes)}{pick.randint(222, 989)}{pick.randint(2000, 9999)}",
                "email": f"{first}.{last}{pick.randint(1, 999)}@example.com".lower(),
                "address": {
                    "line1": f"{number} {street}",
                    "line2": f"Apt {pick.randint(1, 40)}" if pick.random() < 0.3 else "",
                    "city": place.city,
                    "state": place.state,
                    "postal_code": place.postal_code,
                    "country": "US",
                },
            },
            "instructions": f"{pick.choice(_HOW)}, {pick.randint(1, 99)}",
            "window": {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()},
            "items": items,
        }

    def _article(self, number: int) -> Article:
        letters = "".join(self._random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3))
        digits = f"4{number:05d}{self._random.randint(0, 999_999):06d}"
        weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
        return Article(f"{letters}-{1000 + number}-{letters[0]}{number % 9 + 1}", f"{digits}{-weighed % 10}")


def lay_out(data: Path, maker: Maker) -> None:
    """A data folder with the partner, its catalog, and points for most of the addresses of the orders made so far."""
    (data / "partners").mkdir(parents=True)
    (data / "partners" / f"{PARTNER}.yaml").write_text(PARTNER_FILE)
    skus, points = data / "skus.csv", data / "addresses.csv"
    with skus.open("w", newline="") as out:
        csv.writer(out).writerow(("sku", "gtin", "description", "status", "replaced_by"))
        csv.writer(out).writerows((one.sku, one.gtin, "", "active", "") for one in maker.articles)
    import_skus(skus, PARTNER, data)
    pick = random.Random(0)
    with points.open("w", newline="") as out:
        csv.writer(out).writerow(("NUMBER", "STREET", "UNIT", "POSTCODE"))
        for number, street, postal_code in maker.addresses:
            if pick.random() < KNOWN:
                csv.writer(out).writerows((number + beside, street, "", postal_code) for beside in (0, 2, 4))
    import_addresses(points, data, load().street_names, date=datetime.now(UTC).date().isoformat())


def _places() -> list[Place]:
    with (tables_folder() / "places.csv").open(newline="", encoding="utf-8") as table:
        return [
            Place(row["city"], row["state"], row["postal_code"], row["area_codes"].split("|"))
            for row in csv.DictReader(table)
            if row["type"] == "standard" and not row["status"] and row["area_codes"]
        ]


# --- what goes wrong with orders ------------------------------------------------------------------------------------

Damage = Callable[[Order, random.Random], None]


def _address(order: Order) -> Order:
    address: Order = order["ship_to"]["address"]
    return address


def _swapped(value: Any, pick: random.Random) -> str:
    text = str(value)
    place = pick.randrange(1, max(2, len(text) - 1))
    return text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]


def city_misspelt(order: Order, pick: random.Random) -> None:
    _address(order)["city"] = _swapped(_address(order)["city"], pick)


def city_missing(order: Order, pick: random.Random) -> None:
    _address(order)["city"] = ""


def state_spelt_out(order: Order, pick: random.Random) -> None:
    _address(order)["state"] = f"{_address(order)['state'].lower()}."


def zip_swapped(order: Order, pick: random.Random) -> None:
    _address(order)["postal_code"] = _swapped(_address(order)["postal_code"], pick)


def zip_as_number(order: Order, pick: random.Random) -> None:
    code = str(_address(order)["postal_code"])
    _address(order)["postal_code"] = int(code) if code.isdecimal() else code


def street_misspelt(order: Order, pick: random.Random) -> None:
    number, _, street = _address(order)["line1"].partition(" ")
    _address(order)["line1"] = f"{number} {_swapped(street, pick)}"


def unit_in_line1(order: Order, pick: random.Random) -> None:
    _address(order).update(line1=f"{_address(order)['line1']} Apt {pick.randint(1, 40)}", line2="")


def all_in_one_line(order: Order, pick: random.Random) -> None:
    address = _address(order)
    line = f"{address['line1']}, {address['city']}, {address['state']} {address['postal_code']}"
    address.update(line1=line, city="", state="", postal_code="")


def number_missing(order: Order, pick: random.Random) -> None:
    _address(order)["line1"] = _address(order)["line1"].partition(" ")[2]


def phone_as_written(order: Order, pick: random.Random) -> None:
    digits = order["ship_to"]["phone"][2:]
    order["ship_to"]["phone"] = f"({digits[:3]}) {digits[3:6]}-{digits[6:]} ext. {pick.randint(10, 999)}"


def phone_short(order: Order, pick: random.Random) -> None:
    order["ship_to"]["phone"] = order["ship_to"]["phone"][2:-1]


def email_dressed(order: Order, pick: random.Random) -> None:
    order["ship_to"]["email"] = f" mailto:<{order['ship_to']['email']}>,"


def name_entities(order: Order, pick: random.Random) -> None:
    order["ship_to"]["name"] = f"{order['ship_to']['name']} &amp;  Co"


def spaces(order: Order, pick: random.Random) -> None:
    _address(order)["line1"] = f"  {_address(order)['line1'].replace(' ', '  ')} "


def placeholder(order: Order, pick: random.Random) -> None:
    _address(order)["line2"] = "N/A"


def sku_dressed(order: Order, pick: random.Random) -> None:
    order["items"][0]["sku"] = order["items"][0]["sku"].lower().replace("-", " ")


def sku_unknown(order: Order, pick: random.Random) -> None:
    order["items"][0]["sku"] = _swapped(order["items"][0]["sku"], pick)


def quantity_as_text(order: Order, pick: random.Random) -> None:
    order["items"][0]["quantity"] = "2.0"


def gtin_check_digit(order: Order, pick: random.Random) -> None:
    gtin = order["items"][0]["gtin"]
    order["items"][0]["gtin"] = f"{gtin[:-1]}{(int(gtin[-1]) + 1) % 10}"


def order_id_dressed(order: Order, pick: random.Random) -> None:
    order["order_id"] = f"#{order['order_id'].lower()}"


def window_inverted(order: Order, pick: random.Random) -> None:
    window = order["window"]
    window["start"], window["end"] = window["end"], window["start"]


def window_naive(order: Order, pick: random.Random) -> None:
    order["window"] = {name: value[:16] for name, value in order["window"].items()}


def instructions_missing(order: Order, pick: random.Random) -> None:
    order["instructions"] = ""


DAMAGES: Final[list[Damage]] = [
    city_misspelt,
    city_missing,
    state_spelt_out,
    zip_swapped,
    zip_as_number,
    street_misspelt,
    unit_in_line1,
    all_in_one_line,
    number_missing,
    phone_as_written,
    phone_short,
    email_dressed,
    name_entities,
    spaces,
    placeholder,
    sku_dressed,
    sku_unknown,
    quantity_as_text,
    gtin_check_digit,
    order_id_dressed,
    window_inverted,
    window_naive,
    instructions_missing,
]
