"""How likely a hand that meant one name typed another: letters swapped, lost, doubled, hit beside the right key."""

from math import log
from typing import Final

from rapidfuzz.distance import OSA, Levenshtein

from dq_service.reference.error_rates import ADDED, ADDED_TWICE, BESIDE, LOST, REPLACED, SLIPS, SWAPPED

ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEVER: Final = float("-inf")


def _neighbours() -> dict[str, str]:
    beside: dict[str, str] = {}
    for line, row in enumerate(ROWS):
        for place, key in enumerate(row):
            near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
            if line:
                near += ROWS[line - 1][place : place + 2]
            if line < 2:
                near += ROWS[line + 1][max(0, place - 1) : place + 1]
            beside[key] = near
    return beside


BESIDE_KEY: Final = _neighbours()


def most_slips(length: int) -> int:
    """How many slips leave a name of that many letters recognisable."""
    return 1 if length <= 4 else 2 if length <= 8 else 3


def log_typed(meant: str, typed: str) -> float:
    """The log probability of typing exactly `typed` when `meant` was meant; -inf beyond recognition.

    Optimal string alignment: a swap of neighbours is one slip. O(len * len) in compiled code.
    """
    most = most_slips(len(meant))
    if abs(len(meant) - len(typed)) > most:
        return NEVER
    count = OSA.distance(meant, typed, score_cutoff=most)
    if count > most:
        return NEVER
    total = SLIPS[count]
    if count == 0:
        return total
    length = len(meant)
    edits = Levenshtein.editops(meant, typed)
    swaps = len(edits) - count
    if swaps > 0:
        rest = count - swaps
        return total + swaps * log(SWAPPED / max(1, length - 1)) + rest * log(LOST / (4 * length))
    for edit in edits:
        if edit.tag == "replace":
            near = typed[edit.dest_pos] in BESIDE_KEY.get(meant[edit.src_pos], "")
            share = BESIDE / 5 if near else REPLACED / 25
        elif edit.tag == "delete":
            share = LOST
        else:
            at = edit.dest_pos
            twice = typed[at] in typed[max(0, at - 1) : at] + typed[at + 1 : at + 2]
            share = ADDED_TWICE if twice else ADDED / 26
        total += log(share / length)
    return total
