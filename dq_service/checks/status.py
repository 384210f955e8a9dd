"""How far an order has come: the sender's word or code for it, as one of the contract's ten."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Order, Part
from dq_service.parsing.instant import read
from dq_service.reference.statuses import STATUSES, StatusMeaning

_NAMES: Final = frozenset(STATUSES)
# Whose words they may be, as `channel` or a partner's profile names them.
_SYSTEMS: Final = {
    "x12": "x12_1650", "214": "x12_1650", "fedex": "fedex", "ups": "ups", "usps": "usps", "dhl": "dhl",
    "canada_post": "canada_post", "amazon": "amazon", "shopify": "shopify", "walmart": "walmart", "magento": "magento",
    "woocommerce": "woocommerce", "easypost": "easypost", "shippo": "shippo", "shipstation": "shipstation",
    "shipengine": "shipengine", "aftership": "aftership", "doordash": "doordash", "uber": "uber",
}  # fmt: skip
_CLEAR: Final = 0.885  # likeness of one slip in a word of eight letters: `pickd up`, never `crated` for `created`
_ENDED: Final = frozenset({"delivered", "returned", "cancelled"})


def marks(part: Part, context: Context) -> Sequence[str]:
    """What kind of word the status is: see `StatusMeaning.reading`; `near` for an unknown word close to a known one."""
    text = part.text()
    if text in _NAMES:
        return ()
    reading = _meaning(part, context).reading
    if reading != "unknown":
        return (reading,)
    return ("near",) if context.reference.statuses.near(text) else ("unknown",)


def as_seen(part: Part, context: Context) -> Sequence[Observation]:
    """The status as it stands: the marks have said what is wrong with it."""
    return (Observation(part.path, part.text()),)


def as_meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The one status that the word or code means."""
    meaning = _meaning(part, context)
    return (Candidate({part.path: meaning.status}, None, _told(part.text(), meaning)),)


def one_of(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The statuses that the word or code may mean, best first."""
    meaning = _meaning(part, context)
    shares = (0.7, 0.2, 0.05, 0.03, 0.02) if len(meaning.candidates) > 1 else (0.8,)
    return tuple(
        Candidate({part.path: status}, share, _told(part.text(), meaning))
        for status, share in zip(meaning.candidates, shares, strict=False)
    )


def as_spelled(seen: Observation, part: Part, context: Context, *, sure: float) -> Sequence[Candidate]:
    """The status of which it is a misspelling; confidence `sure` for one slip in a word of eight letters or more."""
    near = context.reference.statuses.near(part.text())
    if near is None:
        return ()
    status, word, likeness = near
    return (Candidate({part.path: status}, sure if likeness >= _CLEAR else likeness, f"one slip from '{word}'"),)


def went_back(part: Part, context: Context) -> Sequence[Observation]:
    """An order under way again that an earlier version had delivered, returned or cancelled."""
    if context.recent is None:
        return ()
    earlier = context.recent.earlier_version(context.received)
    if earlier is None or not _older(earlier, part.order):
        return ()
    meaning = context.reference.statuses.meaning(earlier.text("status"))
    if meaning.status not in _ENDED:
        return ()
    return (Observation("status", part.order.text("status"), ("status",)),)


def _meaning(part: Part, context: Context) -> StatusMeaning:
    system = _system(part.order.text("channel"), context.partner.profile)
    return context.reference.statuses.meaning(part.text(), system)


@lru_cache(maxsize=1024)
def _system(channel: str, profile: str) -> str:
    """The system whose words a status is in, as far as channel or profile name it."""
    for name in (channel, profile):
        plain = name.strip().lower().replace("-", "_").replace(" ", "_")
        for word in (plain, plain.partition("_")[0], plain.rpartition("_")[2]):
            if word in _SYSTEMS:
                return _SYSTEMS[word]
    return ""


def _told(text: str, meaning: StatusMeaning) -> str:
    return f"'{text}' in the table of status words" + (f" ({meaning.system})" if meaning.system else "")


def _older(one: Order, other: Order) -> bool:
    """Whether both are dated by their source and one came before the other."""
    dates = [read(order.text("source.updated_at")).value for order in (one, other)]
    first, second = dates
    return first is not None and second is not None and bool(first.tzinfo) == bool(second.tzinfo) and first < second
