"""Phrases of handing over, with their denials and look-alikes, in three languages."""

import pytest

from dq_service.parsing import handing_over


@pytest.mark.parametrize(
    "text",
    [
        "Leave at door",
        "please leave on porch",
        "Drop off at my front door please",
        "leave it outside",
        "put boxes behind the planter",
        "If not home leave at door",
        "ring bell and leave at door",
        "Don't forget to leave at door",
        "can be left at side door",
        "Contactless delivery please",
        "OK to leave",
        "Laisser devant la porte",
        "Déposer le colis sur le perron",
        "Dejar en la puerta",
        "Déjelo frente a la puerta principal",
        "sin contacto",
    ],
)
def test_a_parcel_may_be_left(text: str) -> None:
    assert handing_over.unattended(text)


@pytest.mark.parametrize(
    "text",
    [
        "Leave with concierge",
        "do not leave at door",
        "don't just leave it at the door",
        "never leave on porch",
        "must not be left at door",
        "leave at front desk",
        "Leave at front door with neighbor",
        "leave with John at front door",
        "leave at gate house",
        "Turn left at door",
        "leave dock door open",
        "meet at the front door",
        "Deliver to front door",
        "ne pas laisser devant la porte",
        "ne laissez pas devant la porte",
        "laisser à la réception",
        "no dejar en la puerta",
        "No lo deje afuera",
        "dejar con el portero",
        "Vor der Tür abstellen",
    ],
)
def test_a_parcel_goes_into_hands_or_nothing_is_said(text: str) -> None:
    assert not handing_over.unattended(text)


@pytest.mark.parametrize(
    ("text", "unsigned", "signed"),
    [
        ("no signature needed", True, False),
        ("signature not required", True, False),
        ("doesn't need a signature", True, False),
        ("sans signature", True, False),
        ("no se requiere firma", True, False),
        ("Don't leave without signature", False, False),
        ("no signature, no delivery", False, False),
        ("Signature required", False, True),
        ("check ID", False, True),
        ("No signature required", True, False),
        ("Sign on the left says Prairie", False, False),
    ],
)
def test_whether_a_signature_is_wanted(text: str, unsigned: bool, signed: bool) -> None:
    assert (bool(handing_over.unsigned(text)), bool(handing_over.signed(text))) == (unsigned, signed)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("deliver to unit 5", "unit 5"),
        ("actually deliver to apt 7", "apt 7"),
        ("Deliver packages to Apt B", "Apt B"),
        ("livrer à l'appartement 7", "appartement 7"),
        ("entregar en el apartamento 7", "apartamento 7"),
        ("Bring to 200 Oak St", "200 Oak St"),
    ],
)
def test_another_place_is_named(text: str, named: str) -> None:
    (found,) = handing_over.elsewhere(text)
    assert (found.unit or found.street) == named


@pytest.mark.parametrize(
    "text",
    [
        "Deliver to loading dock B",
        "deliver to door 5",
        "bring to desk 3",
        "Do not deliver to unit 5",
        "neighbor in apt 7 can take it",
        "leave with neighbor at unit 5",
        "If not home, deliver to apt 7",
        "across from 200 Oak St",
        "park at 200 Oak St",
        "next to unit 5",
    ],
)
def test_a_direction_is_no_other_place(text: str) -> None:
    assert handing_over.elsewhere(text) == ()
