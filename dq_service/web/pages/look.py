"""How the queue is looked at: what stands in its address, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import parse_qsl, urlencode

from dq_service.service.access import Caller
from dq_service.store.queue import Age, Filter

LONGEST: Final = 200  # characters of a parameter
NAMES: Final = ("partner", "rule", "field", "age", "assignee", "state", "kind", "q")


@dataclass(frozen=True, slots=True)
class Look:
    """How the queue is looked at; "" is any."""

    chosen: Mapping[str, str]

    @classmethod
    def of(cls, query: str) -> "Look":
        """That of an address; what is none of ours is left out."""
        given = dict(parse_qsl(query, max_num_fields=50))
        chosen = {name: given[name][:LONGEST].strip() for name in NAMES if given.get(name, "").strip()}
        if chosen.get("age", "15m") not in get_args(Age):
            del chosen["age"]
        if chosen.get("state", "held") not in ("held", "waiting"):
            del chosen["state"]
        return cls(chosen)

    @property
    def query(self) -> str:
        """It as a query."""
        return urlencode(self.chosen)

    def path(self, **other: str) -> str:
        """The address of the queue looked at so, but for these."""
        chosen = {name: value for name, value in {**self.chosen, **other}.items() if value}
        return f"/queue?{urlencode(chosen)}" if chosen else "/queue"

    def filter(self, caller: Caller) -> Filter:
        """Which items that means."""
        get = self.chosen.get
        whose = caller.name if get("assignee") == "me" else get("assignee", "")
        partner = caller.partner if caller.partner is not None else get("partner", "")
        age = get("age", "")
        words = tuple(get("q", "").casefold().split()[:8])
        return Filter(
            partner, get("rule", ""), get("field", ""), age, whose, get("state", ""), get("kind", ""), words,  # type: ignore[arg-type]
            caller.test,
        )  # fmt: skip


def called(name: str, names: Mapping[str, str], caller: Caller) -> str:
    """Somebody as others call them."""
    if not name:
        return ""
    return "you" if name == caller.name else names.get(name, name)


def title_of(caller: Caller, names: Mapping[str, str]) -> str:
    """What the bar on top calls whoever sits there."""
    return "this machine" if caller.name == "local" else names.get(caller.name, "")
