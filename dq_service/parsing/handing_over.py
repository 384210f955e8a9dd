"""How a parcel is to be handed over, read from words for a driver in English, French and Spanish.

Phrases, not grammar: a phrase counts where it stands and is not denied right before it; all other words are silent.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NOT: Final = (
    r"(?P<no>\b(?:do\s*n['’o]?t|dont|never|can\s*n['’o]t|cannot|can['’]t|must\s*n['’o]?t|mustn['’]t|should\s*n['’o]?t"
    r"|shouldn['’]t|may not|will not|won['’]t|not)\s+(?:(?:ever|just|simply|please|be|to|have|it|them)\s+){0,3})?"
)
_OBJECT: Final = (
    r"(?:\s+(?:it|them|this|everything|all|(?:(?:the|my|our|any|all)\s+)?(?:package|parcel|box|order|deliver(?:y"
    r"|ie)|item"
    r"|goods|food|grocerie|bag|envelope)(?:e?s)?))?"
)
_OF_PLACE: Final = (
    r"(?:the|my|our|your|a|any|front|back|rear|side|main|screen(?:ed)?|storm|glass|covered|apartment|apt|unit"
    r"|house|home"
    r"|garage|basement|cellar|kitchen|patio|porch|inner|outer|customer['’]?s|left|right|red|blue|green|white"
    r"|black|brown)"
)
_PLACE: Final = (
    r"(?:door(?:step|mat|way)?s?|porch|stoop|steps?|stairs|patio|deck|garage|carport|mail ?box|mat|bench|driveway|gate"
    r"|hallway|foyer|vestibule|breezeway|lobby|shed|planter|bush(?:es)?|awning|balcony|veranda|yard|bin|cooler"
    r"|tote|fence"
    r"|front|back|side|trunk|barn)\b(?!\s*(?:desk|house|office|guard|attendant|keeper|counter|apartment|staff"
    r"|security))"
)
_LEAVE_EN: Final = (
    rf"{_NOT}\b(?:leav(?:e|ing)|(?<=be )left|drop(?:ped)?(?:[ -]?off)?|put|placed?|set|hide|stash|toss|throw){_OBJECT}"
    r"(?:\s+(?:just|right|down|directly|safely|off))?\s+"
    r"(?:outside\b(?!\s+(?:the\s+)?(?:office|desk))|outdoors|unattended"
    r"|(?:at|by|on|in|in front of|inside|near|behind|under|underneath|beside|next to|against|outside|over|out|around"
    r"|to)\s+"
    rf"(?:{_OF_PLACE}\s+){{0,4}}{_PLACE})"
)
_OFFER_EN: Final = (
    rf"{_NOT}\b(?:authority to leave|(?:ok(?:ay)?|safe|fine) to leave"
    r"|leave (?:it )?if (?:not|no ?one|nobody|no answer|i['’]?m|we['’]?re|away|out)\b"
    r"|(?:knock|ring|drop) (?:and|&|n['’]?|\+) (?:leave|go|run)\b"
    r"|(?:front |back )?(?:porch|door ?step|steps) is (?:fine|ok(?:ay)?|good)\b)"
)
_LEAVE_FR: Final = (
    r"(?P<no>\bne\s+(?:surtout\s+)?(?:pas|jamais)\s+(?:le\s+|la\s+)?)?"
    r"\b(?:laisse[rz]?|d[ée]pose[rz]?|mettre|mettez|pose[rz])\b(?P<pas>(?:\s+(?:pas|jamais)))?"
    r"(?:\s+(?:(?:le|la|les|mon|ma|mes|votre|ce)\s+)?(?:colis|paquets?|commande|livraison|bo[îi]tes?))?\s+"
    r"(?:dehors|(?:devant|à|au|sur|sous|derri[èe]re|dans|pr[èe]s de|à côté de)\s+(?:(?:la|le|les|mon|ma|votre)\s+"
    r"|l['’]\s?)?"
    r"(?:porte|perron|entr[ée]e|galerie|balcon|terrasse|garage|bo[îi]te aux lettres|cabanon|v[ée]randa|palier"
    r"|paillasson|pas de (?:la )?porte|seuil"
    r"|escaliers?|marches?|porche|ext[ée]rieur)\b)"
)
_LEAVE_ES: Final = (
    r"(?P<no>\bno\s+(?:(?:lo|la|los|las|me)\s+)?)?\b(?:d[eé]j(?:ar|e|en|a)(?:lo|la|los|las)?|p[oó]n(?:er|ga)(?:lo"
    r"|la)?|colo(?:car|que)(?:lo|la)?)"
    r"(?:\s+(?:(?:el|la|los|las|mi|su)\s+)?(?:paquetes?|pedidos?|cajas?|entregas?))?\s+"
    r"(?:afuera\b|fuera\b|(?:en|a|frente a|junto a|detr[áa]s de|delante de|debajo de|al lado de)\s+(?:(?:la|el"
    r"|los|las|mi)\s+)?"
    r"(?:puerta|entrada|porche|portal|garaje|cochera|buz[óo]n|patio|terraza|escaleras?|escalones|jard[íi]n"
    r"|balc[óo]n|pasillo)\b)"
)
_NO_CONTACT: Final = (
    r"(?P<no>\bno\s+)?\b(?:contact-?\s?less|contact[\s-]free|no[\s-]contact|z?ero[\s-]contact|sans contact"
    r"|sin contacto)\b"
)
_UNATTENDED: Final = tuple(
    re.compile(pattern, re.I) for pattern in (_LEAVE_EN, _OFFER_EN, _LEAVE_FR, _LEAVE_ES, _NO_CONTACT)
)
_UNSIGNED: Final = re.compile(
    r"\b(?:no|waive(?: the)?|skip(?: the)?|sans|pas de|aucune|sin)\s+(?:(?:adult|direct|la)\s+)?(?:signatures?"
    r"|sig|firma)\b"
    r"(?!\W+(?:no\b|=|return)|\s+(?:on file|service|line))"
    r"|\bwithout\s+(?:(?:an?|any|the)\s+)?signature\b"
    r"|\bsignature\s+(?:(?:is|was)\s+)?(?:not\s+(?:required|needed|necessary)|waived|unnecessary|non requise"
    r"|pas (?:requise|n[ée]cessaire))"
    r"|\bsignature\s+isn['’]?t\s+(?:required|needed|necessary)"
    r"|\b(?:do(?:es)?\s*n['’o]?t|no)\s+(?:need|require)\s+(?:to sign\b|(?:an?\s+)?signature)|\bno need to sign\b"
    r"|\bno\s+(?:se\s+)?(?:requiere|necesita|hace falta)\s+(?:la\s+)?firma|\bfirma\s+no\s+(?:es\s+)?(?:requerida"
    r"|necesaria)",
    re.I,
)
_SIGNED: Final = re.compile(
    r"\b(?:adult\s+|direct\s+)?signature\s+(?:is\s+)?(?:required|needed|necessary|mandatory|a must|requise"
    r"|obligatoire|exig[ée]e)"
    r"|\bmust (?:be )?sign(?:ed)?\b|\brequires?\s+(?:an?\s+)?(?:adult\s+)?signature|\b(?:get|obtain"
    r"|collect)\s+(?:an?\s+)?signature"
    r"|\b(?:check|show|verify|requires?|need)\s+(?:photo\s+|an?\s+)?ID\b"
    r"|\b(?:photo\s+)?ID\s+(?:is\s+)?(?:required|needed|check)\b|\bproof of age\b"
    r"|\bfirma\s+(?:requerida|obligatoria|necesaria)|\b(?:se\s+)?requiere\s+firma"
    r"|\bpi[èe]ce d['’]identit[ée]\s+(?:requise|obligatoire)",
    re.I,
)
_DENIED: Final = re.compile(
    r"(?:\b(?:no|not|without|nor|sans|sin|aucune|pas de|never)|n['’]t)\s+(?:se\s+|\w+\s+)?$", re.I
)
# Somebody is there to take it, and to sign.
_PERSON: Final = re.compile(
    r"\b(?:with|to|con|avec|chez|al|au|à|en|at|ask)\s+(?:(?:the|a|an|my|our|any|your|el|la|un|una|le|l['’]|mon|ma"
    r"|building)\s*)?"
    r"(?:front desk|concierge|door ?man|porter|portero|reception(?:ist)?|recepci[óo]n|recepcionista|r[ée]ception"
    r"|neighbou?r|vecin[oa]"
    r"|voisine?|guard|security|vigilante|gardien(?:ne)?|office|staff|manager|attendant|superintendent|super\b"
    r"|someone|somebody|anyone"
    r"|host|nurse|desk|conserje)",
    re.I,
)
_SENTENCE: Final = re.compile(r"[.;!?\n]+(?=\s|$)")

_BRING: Final = (
    rf"{_NOT}\b(?:deliver(?:y|ed)?|bring|take|drop(?:[ -]?off)?|send|ship|redirect|reroute|hand|carry|leave"
    r"|livre[rz]|apporte[rz]|d[ée]pose[rz]|laisse[rz]|entreg(?:ar|ue|uen)(?:lo|la)?|llev(?:ar|e|en)(?:lo|la)?)"
    rf"{_OBJECT}(?:\s+(?:instead|only|up|over|directly))*\s+(?:to|at|outside|in front of|à|au|chez|al|en|a)\s+"
    r"(?:(?:the|my|our|his|her|their|el|la|le)\s+|l['’]\s?)?"
)
_UNIT: Final = (
    r"(?P<unit>(?:(?:apartment|apartamento|appartement|apto|appt|apt|app|unit[ée]?|unidad|suite|ste|condo"
    r"|departamento|depto)\b\.?"
    r"\s*(?:#|no\.?|number)?|#)\s*(?-i:(?P<id>[A-Z]?-?\d+[A-Z]?(?:-\d+)?|[A-Z]\d*))\b)"
)
_ELSEWHERE: Final = re.compile(
    rf"{_BRING}(?:(?:address|door of|front door of)\s+)?(?:{_UNIT}|(?P<street>\d[^,;!?\n()]{{4,60}}))", re.I
)
# Letter sequences (small letters) without which a text names no other place, and asks for no signature.
_BRINGS: Final = re.compile(r"(?:to|at|side|front of|[àa]u?|chez|en|al) ")
_A_PLACE: Final = re.compile(r"\d|#|unit|unid|ap[tpa]|suite|ste|condo|dep[ta]")
_SIGNING: Final = re.compile("sign|firm|id|age")
_PERHAPS: Final = re.compile(r"\b(?:if|when|unless|in case|otherwise|or|neighbou?r|si|cuando|sinon|o|ou)\b", re.I)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another place that a handing-over phrase may name: a unit with its identifier, or the words of a street."""

    text: str
    unit: str = ""
    identifier: str = ""
    street: str = ""


@lru_cache(maxsize=8192)
def unattended(text: str) -> str:
    """The words that ask to leave a parcel where nobody takes it; `""` where it goes into somebody's hands."""
    for pattern in _UNATTENDED:
        for found in pattern.finditer(text):
            denied = found["no"] or ("pas" in pattern.groupindex and found["pas"])
            if not denied and not _PERSON.search(_sentence(text, found)):
                return found.group().strip()
    return ""


@lru_cache(maxsize=8192)
def unsigned(text: str) -> str:
    """The words that say no signature is wanted."""
    for found in _UNSIGNED.finditer(text):
        before = text[: found.start()]
        if not (
            found.group()[:7].lower() == "without"
            and re.search(r"(?:not|n['’]t|never|dont)\b[\w\s'’]{0,40}$", before, re.I)
        ):
            return found.group()
    return ""


@lru_cache(maxsize=8192)
def signed(text: str) -> str:
    """The words that ask for a signature or for an identity card."""
    for found in _SIGNED.finditer(text) if _SIGNING.search(text.lower()) else ():
        if not _DENIED.search(text[: found.start()]):
            return found.group()
    return ""


@lru_cache(maxsize=8192)
def elsewhere(text: str) -> tuple[Elsewhere, ...]:
    """Other units and streets that a text asks to bring the parcel to, without condition and not denied."""
    small = text.lower()
    brings = _BRINGS.search(small)
    if brings is None or not _A_PLACE.search(small, brings.end()):
        return ()
    out = []
    for found in _ELSEWHERE.finditer(text):
        before = _SENTENCE.split(text[: found.start()])[-1]
        if found["no"] or _PERHAPS.search(before):
            continue
        if found["unit"]:
            out.append(Elsewhere(found.group(), found["unit"].strip(), found["id"]))
        else:
            out.append(Elsewhere(found.group(), street=found["street"].strip()))
    return tuple(out)


def _sentence(text: str, found: re.Match[str]) -> str:
    """The sentence around a phrase."""
    before = _SENTENCE.split(text[: found.start()])[-1]
    return before + found.group() + _SENTENCE.split(text[found.end() :])[0]
