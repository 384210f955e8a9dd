"""Words for the driver inside an address line: which part of it is address, and which asks something."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dq_service.parsing import access_codes, lines
from dq_service.parsing.line_words import beginnings, lacks
from dq_service.reference.bundle import Reference

# What no name of a place says, besides what `lines.is_instruction` knows.
_ASKS: Final = re.compile(
    r"\b(?:ring (?:the )?(?:door ?)?bell|knock\b|(?:dogs?|cat) (?:in|on|at|is|are|loose|inside)\b|beware\b"
    r"|elevator (?:is|on|to|at)\b|(?:use|take) (?:the )?(?:elevator|stairs)"
    r"|(?:stairs?|door|gate|entrance|house|elevator|apartment) (?:is )?(?:on|to|at|around) (?:the |your )?(?:left"
    r"|right|back|rear|corner|end)\b"
    r"|(?:on|to) (?:the|your) (?:left|right)(?: (?:side|hand side))?$|(?:on|upon|before|at) (?:your )?arrival"
    r"|when (?:you )?(?:arrive|here|outside|delivering)"
    r"|through (?:the )?(?:gate|garage|alley|lobby|courtyard)|around (?:the )?back\b|(?:up|down) the (?:stairs"
    r"|hall|driveway)"
    r"|(?:side|back|rear|front|main) (?:door|entrance|gate) (?:only|please|by|next to|behind)\b|hand (?:it )?to\b"
    r"|signature (?:required|needed)|no signature"
    r"|(?:will|must) (?:sign|be signed|call|meet)|deliver(?:y|ies)? (?:to|at|in|only|hours|before|after"
    r"|between)\b|text (?:me|when|on|upon)\b|call (?:me|when|on|upon|for|first|if)\b"
    r"|leave (?:at|with|in|on|by|it|package|parcel|behind|under|inside|near|next)\b|contact-?less"
    r"|no contact delivery|do not (?:leave|ring|knock|bend|disturb|block)"
    r"|laisse[rz]? (?:à|au|devant|sur|chez|le)|sonne[rz]\b|dej(?:ar|e|en) (?:en|con|a|el)\b|d[ée]jelo"
    r"|toca(?:r)? (?:el )?timbre|llam(?:ar|e) (?:al|cuando|antes|a)\b|cuidado con)",
    re.I,
)
# A place by itself: what a voting place or a hospital writes as its address is none of the driver's orders.
_STANDING: Final = re.compile(
    r"(?:corner|behind|across|near|between|next to|attn|c/o|rear|front|main|side)\b(?!.*\b(?:please|leave|call"
    r"|use|ring)\b)",
    re.I,
)
_WAY_IN: Final = re.compile(
    r"(?:(?:loading|receiving|front|back|rear|side|main|north|south|east|west)\s+)?(?:gate|door|dock|bay|quai"
    r"|porte|puerta)"
    r"\W{0,3}(?:(?:no|number)\b\W{0,2})?#?\s?(?:[A-Z]?\d{1,4}[A-Z]?|(?-i:[A-Z]))",
    re.I,
)

_WAY_IN_BEHIND: Final = re.compile(rf"[\s,;(–-]+(?P<way>{_WAY_IN.pattern})\W*$", re.I)
_WAY_IN_WORD: Final = re.compile(r"\b(?:gate|door|dock|bay|quai|porte|puerta)\b", re.I)
# Use Lumber Co, Ring Road Plaza: at most three words and then what only names end with.
_NAME: Final = re.compile(
    r"^\W*(?:[\w'’&.-]+\s+){1,3}(?:co|inc|llc|ltd|corp|company|plaza|mall|bldg|building|cent(?:er|re)|tower|park"
    r"|church|school|hall|house|hotel"
    r"|store|shop|apartments|club|clinic|hospital|library|market|lodge|inn|museum|farm|road|rd|street|st|avenue"
    r"|ave|drive|dr|lane|ln)\.?$",
    re.I,
)
# The words of which each pattern here, in `lines` and in `access_codes` needs one: without them no line speaks.
_SPEAKING: Final = beginnings(
    # what asks
    "please pls kindly leave call phone ring knock text drop put hand ask deliver use meet enter go take follow turn",
    "beware do don dog signature if buzz between only after before watch place receiving with porch arrival",
    "laisser appeler sonner livrer frapper deposer utiliser svp dejar dejelo llamar tocar toque entregar usar favor",
    "cat elevator stairs door gate entrance house apartment left right when through around up down be contact cuidado",
    "desk",
    # what tells a code
    "code passcode pin combo key callbox lockbox intercom interphone interfon digicode timbre codigo clave",
    "dial press push punch type input",
    # what numbers a way in
    "dock bay quai porte puerta",
)
_FLOOR: Final = re.compile(r"\d{1,3}(?:st|nd|rd|th)\s+(?:floor|fl)\.?", re.I)
_ORDINAL: Final = re.compile(r"\d{1,3}(?:st|nd|rd|th)", re.I)
_CALLER_BOX: Final = re.compile(r"call(?:er)? ?box\W*\d+", re.I)  # Pub. 28 section 28: as good as a PO box
_SHORTEST: Final = 5
_MOST_WORDS: Final = 10


@dataclass(frozen=True, slots=True)
class Split:
    """A line as its address and the words for the driver in it, both as written; either may be empty."""

    address: str
    words: str


def is_silent(line: str) -> bool:
    """A quick look: whether a line holds no word for the driver at all."""
    return lacks(line, _SPEAKING)


def asks(line: str, reference: Reference) -> bool:
    """Whether a line, or part of it, asks something of the driver or tells a code."""
    return bool(line) and (instruction(line, reference) is not None or code(line, reference) is not None)


@lru_cache(maxsize=lines.KEPT)
def instruction(line: str, reference: Reference, *, street: bool = False) -> Split | None:
    """A line with words that ask something of the driver, apart from its street or unit; None without such words.

    `street`: it is line 1, whose beginning is an address even where no pattern knows it.
    """
    return _split(line, _is_asking, street, reference)


@lru_cache(maxsize=lines.KEPT)
def code(line: str, reference: Reference, *, street: bool = False) -> Split | None:
    """A line that tells an access code, apart from its street or unit."""
    return _split(line, _tells_code, street, reference)


@lru_cache(maxsize=lines.KEPT)
def way_in(line: str, reference: Reference) -> Split | None:
    """A line that numbers a gate, door, dock or bay and no more, alone or behind its street or unit."""
    if not _WAY_IN_WORD.search(line) or lines.is_plain_street(line, reference):
        return None
    text = line.strip(" ,.-()")
    if _WAY_IN.fullmatch(text):
        return Split("", text)
    found = _WAY_IN_BEHIND.search(line)
    before = line[: found.start()].rstrip(" ,;(-–") if found else ""
    return Split(before, found["way"]) if found and _is_address(before, reference) else None


def _split(line: str, speaks: Callable[[str], bool], street: bool, reference: Reference) -> Split | None:
    if len(line) < _SHORTEST or lines.is_plain_street(line, reference) or lines.is_unit(line, reference):
        return None
    if not speaks(line):
        return None
    if street and _CALLER_BOX.fullmatch(line.strip()):
        return None
    behind = _behind_an_address(line, speaks, street, reference)
    if behind is not None:
        return behind
    address: list[str] = []
    words: list[str] = []
    for _, _, piece in lines.clauses(line):
        text = piece.strip()
        at_head = street and not words and not speaks(text)
        (address if at_head or _is_address(text, reference) else words).append(text)
    if not address:
        return None if street and line[:1].isdigit() else Split("", line.strip())
    told = ", ".join(words)
    return Split(", ".join(address), told) if speaks(told) else None


def _behind_an_address(line: str, speaks: Callable[[str], bool], street: bool, reference: Reference) -> Split | None:
    """`Apt 4B leave at door`: a unit (in line 1: a street), and right behind it words that speak."""
    words = line.split()
    for count in range(min(len(words) - 1, _MOST_WORDS), 0, -1):
        before = " ".join(words[:count]).rstrip(" ,;-(")
        after = " ".join(words[count:]).strip(" ,;-()")
        if count == 1 and (street or not any(map(str.isdigit, before))):
            break  # a house number, or a word of two letters
        if _is_address(before, reference) and speaks(after):
            return Split(before, after)
    return None


def _is_asking(text: str) -> bool:
    """Whether a text asks something, and is neither the name of a building nor a place described."""
    if _STANDING.match(text) or _NAME.search(text):
        return False
    return lines.is_instruction(text) or _ASKS.search(text) is not None


def _tells_code(text: str) -> bool:
    return bool(access_codes.given(text))


def _is_address(text: str, reference: Reference) -> bool:
    """Whether a text is a street, a unit, a box or a route and nothing else."""
    return bool(text) and (
        lines.is_plain_street(text, reference)
        or (lines.is_unit(text, reference) and not _ORDINAL.fullmatch(text))
        or _FLOOR.fullmatch(text) is not None
        or bool(lines.box(text))
        or lines.is_route(text)
        or (
            (units := lines.trailing_units(text, reference)) is not None
            and lines.is_plain_street(units.rest, reference)
        )
    )
