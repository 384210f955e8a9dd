"""Slips in places of the table, each with its answer: what makes the search quicker must change none of them.

`place_slips.csv` was written by the plain search, before it took short ways. Where the table of places or the error
rates change, answers may change with them.
"""

import csv
from pathlib import Path

from dq_service.reference.bundle import Reference
from dq_service.reference.resolution import PlaceCandidate
from dq_service.reference.resolver import resolve

SLIPS = Path(__file__).with_name("place_slips.csv")


def test_each_slip_has_its_answer(reference: Reference) -> None:
    with SLIPS.open(newline="") as slips:
        rows = list(csv.DictReader(slips))
    asked = [(row["city"], row["state"], row["postal_code"]) for row in rows]
    found = {fields: _told(*fields, reference) for fields in asked}
    assert len(found) > 200
    assert found == {fields: row["answer"] for fields, row in zip(asked, rows, strict=True)}


def _told(city: str, state: str, postal_code: str, reference: Reference) -> str:
    answer = resolve(city, state, postal_code, places=reference.places)
    settled = answer.settled if not answer.unsettled else None
    candidates: tuple[PlaceCandidate, ...] = (settled,) if settled else answer.candidates[:3]
    told = "; ".join(f"{one.city}|{one.state}|{one.postal_code} {one.probability:.4f}" for one in candidates)
    return f"{'settled' if settled else 'open'} {told}".rstrip()
