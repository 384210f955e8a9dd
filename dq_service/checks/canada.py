"""Province and postal code of a Canadian address: each confirms the other (Canada Post Addressing Guidelines)."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import OSA

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.reference.bundle import Reference
from dq_service.reference.canada import AS_DIGIT, FIRST, LETTERS, SEPARATORS, Canada
from dq_service.reference.spelling import most_slips
from dq_service.reference.tables import squashed

CONFIRMED: Final = 0.998  # the other of the two says the same
READ: Final = 0.9  # nothing else confirms it
SAFE_SLIPS: Final = frozenset("OIL")  # letters where a digit belongs that are read as it: 0, 1, 1
# What a letter that no postal code has is taken for: the keys beside it, and what looks like it.
ALIKE: Final = {"D": "SEC", "F": "EGR", "I": "LJ", "O": "CG", "Q": "AG", "U": "VYJ", "W": "VE", "Z": "XS"}
# The government's offices in Gatineau, Quebec, have Ottawa's K1A.
BOTH_SIDES: Final = {"K1A": frozenset({"ON", "QC"})}


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look: what of province, postal code and city is missing or not in its right form, and whether they differ."""
    state, postal_code, canada = part.text("state"), part.text("postal_code"), context.reference.canada
    found = []
    if state not in canada.names:
        found.append("province" if state else "province_missing")
    if not postal_code:
        found.append("postal_code_missing")
    elif not canada.is_postal_code(postal_code):
        found.append("postal_code")
    elif not found and state not in _provinces(postal_code, canada):
        found.append("differ")
    if found and _is_american(state, postal_code, context.reference):
        return ()  # the country is what is wrong, and that has been said
    if not part.text("city"):
        found.append("city_missing")
    return found


# --- The province ------------------------------------------------------------------------------------------------


def province_form(part: Part, context: Context) -> Sequence[Observation]:
    """A province that is not written as its two letters: `Québec`, `Ont.`, `PQ`, `NF`."""
    state, reference = part.text("state"), context.reference
    code = _province(state, part.text("postal_code"), reference)
    return (Observation(part.field("state"), state, (), code),) if code and code != state else ()


def province_code(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Canada Post's two letters."""
    return (Candidate({seen.field: seen.clue}, None, "Canada Post's symbol of that province"),)


def province_missing(part: Part, context: Context) -> Sequence[Observation]:
    """No province, or the country in its place."""
    state = part.text("state")
    if (state and not _is_country(state, context.reference)) or not _anything(part):
        return ()
    return (Observation(part.field("state"), state or None),)


def province_of_code(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The province in which the postal code lies."""
    canada, postal_code = context.reference.canada, part.text("postal_code")
    provinces = _provinces(_read(postal_code, canada), canada)
    sure = CONFIRMED if len(provinces) == 1 else 0.9 / max(1, len(provinces))
    told = f"{postal_code[:3].upper()} lies in"
    evidence = (part.field("postal_code"),)
    return tuple(
        Candidate({seen.field: province}, sure, f"{told} {canada.names[province]}", evidence)
        for province in sorted(provinces)
    )


def province_misspelt(part: Part, context: Context) -> Sequence[Observation]:
    """A text that is no province."""
    state, reference = part.text("state"), context.reference
    if not state or _province(state, part.text("postal_code"), reference) or _is_country(state, reference):
        return ()
    return (Observation(part.field("state"), state),)


def province_spelt(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The province of that spelling; sure where it is the postal code's, too."""
    canada, text = context.reference.canada, part.text("state")
    told = _provinces(_read(part.text("postal_code"), canada), canada)
    near = _near(text, canada)
    evidence = (part.field("postal_code"),)
    agreed = [code for code in near if code in told]
    american = bool(context.reference.states.code(text))  # a state of the US is no misspelling
    if len(agreed) == 1 and not american:
        name = canada.names[agreed[0]]
        return (Candidate({seen.field: agreed[0]}, CONFIRMED, f"the postal code lies in {name}, too", evidence),)
    told_first = [
        Candidate({seen.field: code}, 0.85 / len(told), f"the postal code lies in {canada.names[code]}", evidence)
        for code in sorted(told)
    ]
    share = (0.1 if told else 0.9) / max(1, len(near))
    return (*told_first, *(Candidate({seen.field: code}, share, "spelt so") for code in near if code not in told))


def provinces_differ(part: Part, context: Context) -> Sequence[Observation]:
    """The postal code lies in another province than the one named."""
    fields = (part.field("state"), part.field("postal_code"))
    return (Observation(fields[0], part.text("state"), fields),)


def either_province(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The postal code's province: six characters are seldom wrong, one of a list often is."""
    canada = context.reference.canada
    provinces = sorted(_provinces(part.text("postal_code"), canada))
    evidence = (part.field("postal_code"),)
    return tuple(
        Candidate({seen.field: code}, 0.75 / len(provinces), f"the postal code lies in {canada.names[code]}", evidence)
        for code in provinces
    )


# --- The postal code -----------------------------------------------------------------------------------------------


def code_form(part: Part, context: Context) -> Sequence[Observation]:
    """The right characters in another dress: `k1a0b1`, `K1A-0B1`."""
    text = part.text("postal_code")
    right = context.reference.canada.postal_code(text)
    return (Observation(part.field("postal_code"), text, (), right),) if right and right != text else ()


def code_formed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Letter digit letter, a space, digit letter digit."""
    return (Candidate({seen.field: seen.clue}, None, "the same characters in Canada Post's form"),)


def code_slips(part: Part, context: Context) -> Sequence[Observation]:
    """Letters where digits belong, or the reverse, that have one reading: `K1A OB1`."""
    canada, text = context.reference.canada, part.text("postal_code")
    read = "" if canada.postal_code(text) else canada.read_slips(text)
    return (Observation(part.field("postal_code"), text, (), read),) if read else ()


def code_read(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The code as it is read; sure for O and I in a digit's place, where the province does not speak against it."""
    canada, read = context.reference.canada, seen.clue
    plain = SEPARATORS.sub("", part.text("postal_code").upper())
    changed = [
        (place, was) for place, (was, now) in enumerate(zip(plain, read.replace(" ", ""), strict=True)) if was != now
    ]
    plainly = all(place % 2 and was in SAFE_SLIPS for place, was in changed)
    state = part.text("state")
    against = bool(state) and canada.province(state) not in _provinces(read, canada)
    confidence = READ if against else CONFIRMED if plainly else 0.95
    evidence = () if against or not state else (part.field("state"),)
    return (Candidate({seen.field: read}, confidence, "no other postal code reads so", evidence),)


def code_missing(part: Part, context: Context) -> Sequence[Observation]:
    """No postal code, in an address that says anything at all."""
    return (Observation(part.field("postal_code")),) if _anything(part) and part.at("postal_code") is None else ()


def code_malformed(part: Part, context: Context) -> Sequence[Observation]:
    """What no reading makes a postal code: too short, letters that are never used, letter and digit swapped."""
    canada, text = context.reference.canada, part.text("postal_code")
    if canada.postal_code(text) or canada.read_slips(text):
        return ()
    return (Observation(part.field("postal_code"), text),)


def code_guessed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Codes of the named province that one slip makes this text; none where several slips would be needed."""
    canada = context.reference.canada
    province = canada.province(part.text("state"))
    found = [
        code
        for code in _one_slip(part.text("postal_code"), canada)
        if not province or canada.province_of(code) == province
    ]
    evidence = (part.field("state"),) if province else ()
    return tuple(
        Candidate({seen.field: code}, 0.7 / len(found), "one slip away from what is written", evidence)
        for code in found
    )


def city_missing(part: Part, context: Context) -> Sequence[Observation]:
    """No city: rural postal codes serve several, so none can be told from the code."""
    return (Observation(part.field("city")),) if _anything(part) and part.at("city") is None else ()


def _read(postal_code: str, canada: Canada) -> str:
    return canada.postal_code(postal_code) or canada.read_slips(postal_code)


def _provinces(postal_code: str, canada: Canada) -> frozenset[str]:
    """The provinces in which a postal code lies: one, but for the few on both sides of a border."""
    both = BOTH_SIDES.get(postal_code[:3])
    province = canada.province_of(postal_code)
    return both or (frozenset({province}) if province else frozenset())


def _province(state: str, postal_code: str, reference: Reference) -> str:
    """The province that a text is; one that is also the code of a US state (`NE`, Nouvelle-Écosse or Nebraska) only
    where the postal code lies there.
    """
    canada = reference.canada
    code: str = canada.province(state)
    if code and code != state and state.upper() in reference.states.codes:
        return code if code in _provinces(_read(postal_code, canada), canada) else ""
    return code


def _near(text: str, canada: Canada) -> list[str]:
    """The provinces of which a text may be a misspelling, nearest first: only those that are equally near."""
    word = squashed(text)
    if not word.isalpha():
        return []
    slips: dict[str, int] = {}
    for names in (dict(zip(canada.names, canada.names, strict=True)), canada.names, canada.names_fr):
        for code, name in names.items():
            form = squashed(name)
            if (len(form) == 2) is (len(word) <= 2):
                most = 1 if len(form) == 2 else most_slips(len(form))
                count = int(OSA.distance(form, word, score_cutoff=most))
                if count <= most:
                    slips[code] = min(count, slips.get(code, count))
    fewest = min(slips.values(), default=0)
    return [code for code, count in slips.items() if count == fewest]


def _one_slip(postal_code: str, canada: Canada) -> list[str]:
    """The right codes that one swap of neighbours, or one letter for another like it, makes of a text."""
    plain = SEPARATORS.sub("", postal_code[:20].upper())
    if len(plain) != 6:
        return []
    found = [plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :] for at in range(5)]
    for at in range(0, 6, 2):
        if plain[at] not in (LETTERS if at else FIRST):
            found += [plain[:at] + letter + plain[at + 1 :] for letter in ALIKE.get(plain[at], "")]
    for at in range(1, 6, 2):
        if plain[at] in AS_DIGIT:
            found.append(plain[:at] + AS_DIGIT[plain[at]] + plain[at + 1 :])
    return list(dict.fromkeys(code for code in map(canada.postal_code, found) if code))


def _is_country(state: str, reference: Reference) -> bool:
    """Whether the state field holds the country: `CA`, `Canada`."""
    return not reference.canada.province(state) and bool(reference.countries.code(state) == "CA")


def _is_american(state: str, postal_code: str, reference: Reference) -> bool:
    """Whether state and postal code are a US state and a ZIP of it."""
    row = reference.places.at(postal_code) if postal_code[:5].isdecimal() else None
    return row is not None and row.state == reference.states.code(state)


def _anything(part: Part) -> bool:
    """Whether the address says anything besides its country; an empty one is missing, said once."""
    return any(part.text(name) for name in ("line1", "line2", "city", "state", "postal_code"))
