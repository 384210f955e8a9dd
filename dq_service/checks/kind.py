"""What kind of order it is: one of the contract's five words, as whoever takes the order on will compare it."""

from collections.abc import Sequence

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.customer import KINDS, kind_meant


def marks(part: Part, context: Context) -> Sequence[str]:
    """`dressed`: one of the five in other case, with spaces or hyphens; `unknown`: any other text."""
    text = part.text()
    if not text or text in KINDS:
        return ()
    return ("dressed",) if kind_meant(text) else ("unknown",)


def as_seen(part: Part, context: Context) -> Sequence[Observation]:
    """The kind as it stands: the marks have said what is wrong with it."""
    return (Observation(part.path, part.text()),)


def as_meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The contract's own word."""
    return (Candidate({part.path: kind_meant(part.text())}),)
