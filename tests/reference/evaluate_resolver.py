"""Makes errors over the places of reference_data and counts what the resolver makes of them.

    python -m tests.reference.evaluate_resolver [--each 400] [--seed 1] [--apply-at 0.995]

For each kind of error: how often it was repaired rightly and wrongly, offered first or among the first three, missed
(the three fields still agreed, so nobody can see it) or told without the right answer. Then the calibration, each kind
weighed by how often it happens: of all answers given at p, the share that was right.
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from dq_service.reference.place_names import city_key
from dq_service.reference.places import Places
from dq_service.reference.resolver import resolve
from dq_service.reference.spelling import BESIDE_KEY

DATA = Path(__file__).parents[2] / "reference_data"
Fields = tuple[str, str, str]
Damage = Callable[[Fields, random.Random, Places], Fields | None]


def slip_in(text: str, rng: random.Random) -> str:
    """One slip of the hand, never in the first letter."""
    at = rng.randrange(1, len(text)) if len(text) > 1 else 0
    kind = rng.choice(("swap", "lose", "twice", "beside", "any"))
    if kind == "swap" and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == "lose":
        return text[:at] + text[at + 1 :]
    if kind == "twice":
        return text[:at] + text[at] + text[at:]
    key = rng.choice(BESIDE_KEY.get(text[at].lower(), "e") if kind == "beside" else "abcdefghijklmnopqrstuvwxyz")
    return text[:at] + key + text[at + 1 :]


def city_slip(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return slip_in(f[0], rng), f[1], f[2]


def city_two_slips(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return slip_in(slip_in(f[0], rng), rng), f[1], f[2]


def city_cut(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return (f[0][: rng.randint(7, len(f[0]) - 1)].strip(), f[1], f[2]) if len(f[0]) > 8 else None


def city_missing(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return "", f[1], f[2]


def city_near(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    near = [z for z in places.with_prefix(f[2][:3]) if (places.miles(z, f[2]) or 99.0) < 12]
    names = sorted({places.rows[z].city for z in near})
    return (rng.choice(names), f[1], f[2]) if names else None


def city_of_state(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    there = places.keys_in_state(f[1])
    zips = [z for code, found in places.named[rng.choice(there)] if code == f[1] for z in found]
    return places.rows[zips[0]].city, f[1], f[2]


def state_missing(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], "", f[2]


def state_name(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    name = places.states.names[f[1]]
    return f[0], rng.choice((name, name.upper(), f"{f[1][0]}.{f[1][1]}.", f[1].lower())), f[2]


def state_slip(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], slip_in(places.states.names[f[1]], rng), f[2]


def state_wrong(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], rng.choice(sorted(places.states.codes)), f[2]


def zip_missing(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], f[1], ""


def zip_lost_zero(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return (f[0], f[1], f[2].lstrip("0") + rng.choice(("", ".0"))) if f[2][0] == "0" else None


def zip_letters(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    like = {"0": "O", "1": "Il", "5": "S", "8": "B", "2": "Z", "6": "G"}
    at = [i for i, digit in enumerate(f[2]) if digit in like]
    if not at:
        return None
    i = rng.choice(at)
    return f[0], f[1], f[2][:i] + rng.choice(like[f[2][i]]) + f[2][i + 1 :]


def zip_swapped(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    i = rng.randrange(4)
    return f[0], f[1], f[2][:i] + f[2][i + 1] + f[2][i] + f[2][i + 2 :]


def zip_digit(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    i = rng.randrange(5)
    return f[0], f[1], f[2][:i] + rng.choice("0123456789") + f[2][i + 1 :]


def zip_lost_digit(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    i = rng.randrange(1, 5)
    return f[0], f[1], f[2][:i] + f[2][i + 1 :]


def zip_extra_digit(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    i = rng.randrange(5)
    return f[0], f[1], f[2][:i] + rng.choice((f[2][i], rng.choice("0123456789"))) + f[2][i:]


def zip_form(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], f[1], rng.choice((f"{f[2]}-", f"{f[2]}1234", f"{f[2]}.0", f"US {f[2]}", f"{f[2]}-12"))


def zip_near(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    near = [z for z in places.with_prefix(f[2][:3]) if (places.miles(z, f[2]) or 99.0) < 12]
    return (f[0], f[1], rng.choice(near)) if near else None


def zip_of_state(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    other = rng.choice(ZIPS)
    while places.rows[other].state != places.rows[f[2]].state:
        other = rng.choice(ZIPS)
    return f[0], f[1], other


def zip_anywhere(f: Fields, rng: random.Random, places: Places) -> Fields | None:
    return f[0], f[1], rng.choice(ZIPS)


KINDS: dict[str, tuple[float, Damage]] = {  # how often in a hundred thousand orders, and how
    "city_slip": (800, city_slip),
    "city_two_slips": (80, city_two_slips),
    "city_cut": (60, city_cut),
    "city_missing": (400, city_missing),
    "city_near": (1000, city_near),
    "city_of_state": (30, city_of_state),
    "state_missing": (400, state_missing),
    "state_name": (1000, state_name),
    "state_slip": (200, state_slip),
    "state_wrong": (250, state_wrong),
    "zip_missing": (400, zip_missing),
    "zip_lost_zero": (2000, zip_lost_zero),
    "zip_letters": (100, zip_letters),
    "zip_swapped": (150, zip_swapped),
    "zip_digit": (200, zip_digit),
    "zip_lost_digit": (60, zip_lost_digit),
    "zip_extra_digit": (80, zip_extra_digit),
    "zip_form": (300, zip_form),
    "zip_near": (400, zip_near),
    "zip_of_state": (30, zip_of_state),
    "zip_anywhere": (50, zip_anywhere),
}
ZIPS: list[str] = []


def clean(rng: random.Random, places: Places) -> Fields:
    """A right address: a street ZIP nineteen times in twenty, an acceptable city, if any, one time in seven."""
    kinds = ("standard",) if rng.random() < 0.95 else ("po_box", "unique", "military")
    while True:
        zip5 = rng.choice(ZIPS)
        row = places.rows[zip5]
        if row.type in kinds and not row.retired:
            name = rng.choice(row.acceptable) if row.acceptable and rng.random() < 0.145 else row.city
            return name, row.state, zip5


def same(answer: Fields, truth: Fields, places: Places) -> bool:
    """Whether an answer names the place: the same state and ZIP, the same city or the post's own name for it."""
    keys = places.rows[truth[2]].keys
    return answer[1:] == truth[1:] and city_key(answer[0]) in (city_key(truth[0]), keys[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=400, help="addresses a kind of error")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--apply-at", type=float, default=0.995)
    parser.add_argument("--wrong", action="store_true", help="list the wrong repairs")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    tables = (DATA / "places.csv").read_text("utf-8"), (DATA / "states.csv").read_text("utf-8")
    places = Places.from_compiled(Places.compile(*tables))
    ZIPS.extend(places.rows)
    said: list[tuple[float, bool, float]] = []
    pairs = [(a, b) for a in KINDS for b in KINDS if a.split("_")[0] < b.split("_")[0]]
    chosen: list[tuple[str, tuple[str, ...]]] = [("clean", ()), *((kind, (kind,)) for kind in KINDS)]
    chosen.append(("two at once", ("?",)))
    print(
        f"{'kind':18}{'n':>6}{'right':>7}{'WRONG':>7}{'first':>7}{'three':>7}{'five':>7}{'none':>7}{'unseen':>7}{'us':>7}"
    )
    for title, kinds in chosen:
        count: Counter[str] = Counter()
        seconds = 0.0
        for _ in range(asked.each):
            truth = clean(rng, places)
            damages = kinds if kinds != ("?",) else rng.choice(pairs)
            given: Fields | None = truth
            for kind in damages:
                given = given and KINDS[kind][1](given, rng, places)
            if given is None or (kinds and given == truth):
                continue
            start = perf_counter()
            answer = resolve(*given, places=places)
            seconds += perf_counter() - start
            count["n"] += 1
            offered = [((c.city, c.state, c.postal_code[:5]), c.probability) for c in answer.candidates]
            hits = [same(fields, truth, places) for fields, _ in offered]
            if offered:
                rate = 0.0 if len(damages) > 1 else KINDS[damages[0]][0] if damages else 0.0
                said.append((offered[0][1], hits[0], rate / asked.each))
            winner = answer.settled
            if winner and winner.probability >= asked.apply_at and not answer.unsettled:
                right = same((winner.city, winner.state, winner.postal_code[:5]), truth, places)
                count["right" if right else "WRONG"] += 1
                if not right and asked.wrong:
                    print("   ", truth, given, winner)
            elif answer.agrees or (not answer.settled and not answer.unsettled):
                count["unseen"] += 1
            else:
                place = hits.index(True) if True in hits else 9
                count["first" if not place else "three" if place < 3 else "five" if place < 5 else "none"] += 1
        figures = "".join(f"{count[c]:7}" for c in ("right", "WRONG", "first", "three", "five", "none", "unseen"))
        print(f"{title:18}{count['n']:6}{figures}{1e6 * seconds / max(1, count['n']):7.0f}")
    print("\nsaid        right     answers (weighed by how often the error happens)")
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 0.995), (0.995, 2)):
        part = [answer for answer in said if low <= answer[0] < high and answer[2]]
        weight = sum(often for _, _, often in part)
        if weight:
            mean = sum(chance * often for chance, _, often in part) / weight
            share = sum(often for _, right, often in part if right) / weight
            print(f"{mean:9.4f}{share:9.4f}{len(part):8}")


if __name__ == "__main__":
    main()
