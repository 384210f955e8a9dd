"""Whether an order says whom it is for, and whose contacts it gives: a look at its parties together."""

import re
from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.customer import names_somebody, side_of

_REACHED: Final = ("email", "phone", "phone_extension")
_WORDS: Final = re.compile(r"[^\W\d_]+")


def recipient_missing(part: Part, context: Context) -> Sequence[Observation]:
    """A customer's side with neither name nor company nor a site that would say whom to ask for."""
    side = side_of(part.order)
    customer = part.inner(side)
    if any(names_somebody(customer.at(name)) for name in ("name", "company", "site_id")):
        return ()
    fields = tuple(f"{side}.{name}" for name in ("name", "company", "site_id"))
    return (Observation(fields[0], customer.at("name"), fields),)


def recipient_from_payer(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The name in bill_to, where its address, phone or e-mail is the customer's."""
    side, payer = part.inner(side_of(part.order)), part.order.part("bill_to")
    if not payer.text("name"):
        return ()
    same = [name for name in ("phone", "email") if payer.text(name) and payer.text(name) == side.text(name)]
    lines = [(one.inner("address").text("line1"), one.inner("address").text("postal_code")) for one in (side, payer)]
    if lines[0] == lines[1] and all(lines[0]):
        same.append("address")
    if not same:
        return ()
    return (Candidate({seen.field: payer.text("name")}, 0.85, f"bill_to has the same {same[0]}"),)


def crossed(part: Part, context: Context) -> Sequence[Observation]:
    """E-mail addresses that carry each other's names: ship_to's the payer's, and bill_to's the recipient's."""
    recipient, payer = part.order.part("ship_to"), part.order.part("bill_to")
    one, other = recipient.text("email"), payer.text("email")
    if not one or not other or recipient.text("name").casefold() == payer.text("name").casefold():
        return ()
    theirs = _named(one, payer) and _named(other, recipient)
    if not theirs or _named(one, recipient) or _named(other, payer):
        return ()
    fields = [f"{side}.{name}" for name in _REACHED for side in ("ship_to", "bill_to")]
    return (Observation("ship_to.email", one, tuple(fields)),)


def uncrossed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Phones and e-mail addresses exchanged, or the e-mail addresses alone."""
    both: dict[str, Any] = {}
    phones = part.order.text("ship_to.phone") and part.order.text("bill_to.phone")
    for name in _REACHED if phones else _REACHED[:1]:
        one, other = part.order.at(f"ship_to.{name}"), part.order.at(f"bill_to.{name}")
        if one != other:
            both |= {f"ship_to.{name}": other, f"bill_to.{name}": one}
    mail = {path: value for path, value in both.items() if path.endswith(".email")}
    whole = Candidate(both, 0.8, "each e-mail address carries the other's name")
    if mail == both:
        return (whole,)
    return (whole, Candidate(mail, 0.15, "only the e-mail addresses"))


def phone_of_sender(part: Part, context: Context) -> Sequence[Observation]:
    """A gift whose recipient's phone is the payer's: the driver would ring whoever wants to surprise."""
    recipient, payer = part.order.part("ship_to"), part.order.part("bill_to")
    number = recipient.text("phone")
    name, other = recipient.text("name").casefold(), payer.text("name").casefold()
    if not part.text("gift_message") or not number or number != payer.text("phone") or not other or name == other:
        return ()
    return (Observation("ship_to.phone", number, ("ship_to.phone", "bill_to.phone")),)


def _named(address: str, person: Part) -> bool:
    """Whether an e-mail address carries a person's name: two of its words, or one with the other's initial."""
    local = address.partition("@")[0].casefold()
    words = [word.casefold() for word in _WORDS.findall(person.text("name")) if len(word) > 1]
    if len(words) < 2:
        return False
    first, last = words[0], words[-1]
    return last in local and (first in local or local.replace(last, "", 1).strip("._-0123456789") == first[0])
