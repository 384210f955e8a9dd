"""Access codes in words for a driver, in English, French and Spanish: given, or only spoken of."""

import re
from functools import lru_cache
from typing import Final

_WAY_IN: Final = (
    r"(?:(?:pool|parking|garage|front|back|rear|side|main|security)\s+)?(?:gate|door|entry|entrance|access"
    r"|building|bldg|"
    r"lobby|garage|community|complex|elevator|key ?pad|call ?box|lock ?box|key ?box|buzzer|intercom|mail ?room)"
)
_PANEL: Final = (
    r"(?:key ?pad|call ?box|lock ?box|key ?box|buzzer|buzz|intercom|digicode|sonnette|interphone|timbre|interf[oó]n"
    r"|sonne[rz] (?:au|à l['’]interphone))"
)
# As a keypad takes it: 2 to 8 digits, a letter at most before, within or behind, `#` and `*` around; or digits apart.
# No time, ordinal, count of minutes, and nothing that goes on as a phone number would.
_CODE: Final = (
    r"(?P<code>[#*]{0,2}(?:\d(?: \d){3,7}|[A-Z]{0,2}\d{2,8}(?:[A-Z]\d{0,4})?)[#*]{0,2})"
    r"(?!\w|[-.:/]\d|\s*(?:[ap]\.?m\b|st\b|nd\b|rd\b|th\b|hrs?\b|hours?\b|h\b|min|times?\b|x\b|%)|\s\d{3}\b)"
)
_IS: Final = (
    r"[^\w#*]{0,3}(?:(?:is|are|=|:|number|no\.?|num|est|es|número|numero|to enter is"
    r"|at the gate is)[^\w#*]{1,3}){0,2}(?:#\s+)?"
)
_WORD: Final = r"(?:code|passcode|pass ?code|pin|combo|combination|key ?code)"

# Each with a letter sequence that a text (in small letters) must hold for it, so that most texts cost nothing.
_GIVEN: Final = tuple(
    (re.compile(trigger), re.compile(pattern, re.IGNORECASE))
    for trigger, pattern in (
        (
            "code|pin|comb",
            rf"\b{_WAY_IN}\s+(?:access\s+)?{_WORD}s?(?:\s+(?:for|to|at|on)\s+(?:the\s+)?[\w ]{{2,24}}?)?{_IS}{_CODE}",
        ),
        ("pad|box|buzz|inter|digi|sonn|timb", rf"\b{_PANEL}(?:\s+(?:code|number|no\.?))?{_IS}{_CODE}"),
        ("code", rf"\bcode\s+(?:for|to|at|on|of)\s+(?:the\s+|my\s+|our\s+)?(?:\w+\s+)?{_WAY_IN}{_IS}{_CODE}"),
        (
            "code|pin|comb",
            rf"(?<![\w-]){_CODE}\W{{0,3}}(?:(?:is|for|as|on|at|the|my|our|your)\s+){{0,3}}{_WAY_IN}\s+{_WORD}\b",
        ),
        (
            "dial|press|push|enter|punch|type|key|input|use",
            rf"\b(?:dial|press|push|enter|punch(?: in)?|type(?: in)?|key in|input|use)\s+(?:code\s+"
            rf"|number\s+)?{_CODE}\s+"
            rf"(?:at|on|in|into|for|to)\s+(?:(?:the|get|open)\s+)*(?:\w+\s+)?(?:{_WAY_IN}|box|panel|enter|open|in)\b",
        ),
        (
            "code",
            rf"\b(?:code|digicode)\s+(?:d['’]\s?|(?:de|du|pour|à)\s+(?:la\s+|le\s+|l['’]\s?)?)?"
            rf"(?:acc[eè]s|entr[ée]e|porte|portail|porche|immeuble|b[âa]timent|barri[èe]re|garage|grille){_IS}{_CODE}",
        ),
        (
            "digo|clave",
            rf"\b(?:c[óo]digo|clave)\s+(?:(?:de|del|para|en)\s+(?:la\s+|el\s+)?)?"
            rf"(?:puerta|port[óo]n|entrada|acceso|edificio|reja|garaje|cochera|caseta|lobby|elevador"
            rf"|ascensor){_IS}{_CODE}",
        ),
    )
)
_DIGIT: Final = re.compile(r"\d")
_BARE_WORD: Final = re.compile("code|digo|clave")
# Without any of these no text gives a code.
_ANY_WORD: Final = re.compile("|".join(trigger.pattern for trigger in (*dict(_GIVEN), _BARE_WORD)))
_SPOKEN_WORD: Final = re.compile("code|digo|pin|comb")
# A code without a word for what it opens; the word before it may make it another matter (ZIP code, promo code).
_BARE: Final = re.compile(rf"(?:(?P<of>[\w'’-]+)(?P<gap>\W+))?\b(?:code|passcode|c[óo]digo|clave){_IS}{_CODE}", re.I)
_PLAIN_BEFORE: Final = frozenset({
    "the", "a", "use", "with", "enter", "and", "or", "by", "via", "my", "our", "is", "press", "type", "in", "at",
    "to", "for", "need", "have", "your", "call", "buzz", "dial", "then", "el", "la", "con", "usar", "marcar",
    "le", "un", "avec", "utiliser", "utilisez", "composer", "composez", "et", "y",
})  # fmt: skip

_SPOKEN: Final = re.compile(
    rf"\b(?:{_WAY_IN.replace('building|bldg|', '')}\s+(?:access\s+)?(?:code|passcode|pin|combo|combination)s?"
    r"|(?:use|enter|need|needs|requires?|ask for|call for|text for|request|get|with|punch(?: in)?|type(?: in)?|key in"
    r"|dial)\s+(?:(?:the|a|an|my|our|your)\s+)?(?:code|passcode)"
    r"|(?:need|needs|requires?|use|enter|punch(?: in)?)\s+(?:(?:the|a|an|my|our|your)\s+)?(?:pin|combo|combination)"
    r"\s+(?:to\s+(?:enter|open|get in|access|unlock)|at\s+the|for\s+the)"
    r"|(?:code|passcode)\s+(?:(?:is|will|to)\s+)+be\s+(?:sent|texted|e-?mailed|given|provided|shared|supplied)"
    r"|(?:code|passcode)\s+(?:(?:is\s+)?(?:required|needed|tbd|coming)|to follow)"
    r"|(?:send|text|give|provide|e-?mail)\s+(?:(?:you|driver|courier)\s+)?(?:(?:the|a|an)\s+)?(?:code|passcode)"
    r"|(?:utiliser|utilisez|composer|composez|demander|demandez)\s+(?:le|un)\s+(?:digi)?code"
    r"|code\s+(?:d['’]\s?(?:acc[eè]s|entr[ée]e)|(?:de|du)\s+(?:la\s+|l['’]\s?)?(?:porte|portail|immeuble"
    r"|barri[èe]re|grille))"
    r"|(?:usar|use|marcar|marque|pedir|pida)\s+(?:el|un)\s+c[óo]digo"
    r"|c[óo]digo\s+(?:de|del)\s+(?:la\s+)?(?:puerta|port[óo]n|entrada|acceso|edificio|reja))\b",
    re.I,
)
_OTHER_MATTER: Final = re.compile(r"\W*(?:at checkout|for (?:a )?discount|promo|postal|barres|de barras)", re.I)
_NONE_BEFORE: Final = re.compile(
    r"(?:\b(?:no|not|without|never|sans|sin|aucun|ning[úu]n|nor)|\bpas (?:de|d['’])|n['’]?t)"
    r"(?:\s+(?:need|needs|require|requires|have|has|use|be|an?|any|the|hay|un|besoin de)\b){0,3}\W*$",
    re.I,
)
_NONE_AFTER: Final = re.compile(
    r"\W{0,2}(?:(?:is|are)\s+)?(?:not\b|isn'?t|no longer|none\b|n/?a\b|no se |n['’]est pas)", re.I
)


@lru_cache(maxsize=8192)
def given(text: str) -> tuple[str, ...]:
    """The access codes in a text, as written (`4821`, `#4521`, `*12A34`), each once; in the order of their patterns."""
    if not _DIGIT.search(text):
        return ()
    plain = text.lower()
    if not _ANY_WORD.search(plain):
        return ()
    found: dict[str, str] = {}
    spans: list[tuple[int, int]] = []

    def keep(match: re.Match[str]) -> None:
        start, end = match.span("code")
        if not any(start < other_end and other_start < end for other_start, other_end in spans):
            spans.append((start, end))
            found.setdefault(bare(match["code"]), match["code"].strip())

    for trigger, pattern in _GIVEN:
        for match in pattern.finditer(text) if trigger.search(plain) else ():
            keep(match)
    for match in _BARE.finditer(text) if _BARE_WORD.search(plain) else ():
        of, gap = match["of"], match["gap"]
        if not of or of.casefold() in _PLAIN_BEFORE or re.search(r"[.,;:!?\n()–—]|\s-", gap):
            keep(match)
    return tuple(code for key, code in found.items() if len(key) > 1)


@lru_cache(maxsize=8192)
def awaited(text: str) -> str:
    """The words that speak of an access code in a text that gives none; `""` where there is nothing to wait for."""
    if not _SPOKEN_WORD.search(text.lower()) or given(text):
        return ""
    for match in _SPOKEN.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if not (_NONE_BEFORE.search(before) or _NONE_AFTER.match(after) or _OTHER_MATTER.match(after)):
            return match.group()
    return ""


def bare(code: str) -> str:
    """A code by its digits and letters alone, so that `#4821`, `4821#` and `4 8 2 1` are one."""
    return re.sub(r"[\W_]+", "", code).upper()
