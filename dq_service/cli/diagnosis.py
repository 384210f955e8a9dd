"""What the doctor says of one thing that was looked at."""

from dataclasses import dataclass
from typing import Final, Literal

Health = Literal["good", "note", "bad"]
SIGNS: Final[dict[Health, tuple[str, str]]] = {"good": ("✓", "green"), "note": ("!", "yellow"), "bad": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: how it is, and what to do where it is not well."""

    about: str
    health: Health
    said: str
