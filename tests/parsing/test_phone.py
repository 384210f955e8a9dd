"""What is read as a phone number, alone and inside other text."""

import time
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dq_service.parsing.phone import PhoneReading, read
from dq_service.parsing.phones_in_text import find
from dq_service.reference.area_codes import AreaCodes

AREA_CODES = AreaCodes.from_compiled(
    AreaCodes.compile((Path(__file__).parents[2] / "reference_data" / "area_codes.csv").read_text())
)


def us(text: str) -> PhoneReading:
    return read(text, "US", AREA_CODES)


FORMS = {
    "E.164": "+14025385759",
    "hyphens": "402-538-5759",
    "parentheses": "(402) 538-5759",
    "dots": "402.538.5759",
    "slash": "402/538-5759",
    "a one before": "1-402-538-5759",
    "a one in parentheses": "+1 (402) 538 5759",
    "dialled from abroad": "0014025385759",
    "dialled as if abroad": "01114025385759",
    "a plus without its one": "+4025385759",
    "a float": "4025385759.0",
    "a link": "tel:+1-402-538-5759",
    "marks nobody sees": "\u202d402\u2011538\u20115759\u202c",
    "full-width digits": "\uff14\uff10\uff125385759",
    "spaces around": "  402 538 5759 ",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_forms_of_one_number(text: str) -> None:
    reading = us(text)
    assert (reading.state, reading.e164, reading.extension) == ("valid", "+14025385759", "")
    assert (reading.national, reading.area_code, reading.country) == ("4025385759", "402", "US")
    assert reading.changed == (text != "+14025385759")


EXTENSIONS = {
    "402-538-5759 x12": "12",
    "402-538-5759x1234567": "1234567",
    "(402)538-5759 Ext:12": "12",
    "402-538-5759 ext. 73824": "73824",
    "402-538-5759 extension 4": "4",
    "402-538-5759 extensión 4": "4",
    "402-538-5759 (ext 4)": "4",
    "402-538-5759 #4": "4",
    "+14025385759;ext=12": "12",
    "402-538-5759,,12": "12",
    "514-398-4455 poste 12": "12",
    "402-538-5759 1234": "1234",
}


@pytest.mark.parametrize(("text", "extension"), EXTENSIONS.items())
def test_an_extension_stands_apart(text: str, extension: str) -> None:
    reading = us(text)
    assert (reading.state, reading.extension) == ("valid", extension)
    assert len(reading.e164) == len("+14025385759")


@pytest.mark.parametrize("text", ["402-538-5759 12", "402-538-5759 x12345678", "402-538-5759 after 5"])
def test_what_is_no_extension_makes_no_number(text: str) -> None:
    assert us(text).state in ("impossible", "too_long")


STATES = {
    "": "none",
    "n/a": "none",
    "ask for Aisha": "none",
    "5385759": "too_short",
    "402-538-575": "too_short",
    "402-538-57599": "too_long",
    "402-538-5759 / 402-538-5760": "too_long",
    "102-538-5759": "impossible",
    "402-538-5759 home": "impossible",
    "999-538-5759": "possible_only",
    "402-138-5759": "possible_only",
    "0000000000": "placeholder",
    "999-999-9999": "placeholder",
    "+1 123 456 7890": "placeholder",
    "0123456789": "placeholder",
    "+1 234 567 8900": "placeholder",
    "402-555-0142": "placeholder",
    "5555555": "placeholder",
    "4.02539E+09": "scientific",
    "4,02539e9": "scientific",
}


@pytest.mark.parametrize(("text", "state"), STATES.items())
def test_states(text: str, state: str) -> None:
    reading = us(text)
    assert reading.state == state
    assert bool(reading.e164) == (state == "possible_only")


@pytest.mark.parametrize("text", ["4O2-538-5759", "402-S38-57S9", "4o25385759", "402-53B-5759", "l-402-538-5759"])
def test_letters_typed_for_digits(text: str) -> None:
    reading = us(text)
    assert reading.letters
    assert reading.e164 == "+14025385759"


@pytest.mark.parametrize("text", ["4O2-538-575", "9O9-O38-5759", "4O2-538-5759 call", "OOO-OOO-OOOO", "4Z2-538-5759"])
def test_letters_that_give_no_valid_number(text: str) -> None:
    assert us(text).e164 == ""


@pytest.mark.parametrize(
    ("text", "number"), {"1-800-FLOWERS": "+18003569377", "1-800-GO-FEDEX": "+18004633339"}.items()
)
def test_a_word_on_the_keypad_stands_as_it_is(text: str, number: str) -> None:
    reading = us(text)
    assert (reading.state, reading.kind, reading.e164, reading.vanity) == ("valid", "toll_free", number, True)
    assert not reading.changed


def test_kinds_and_countries() -> None:
    assert us("900-538-5759").kind == "premium"
    assert us("888-538-5759").kind == "toll_free"
    assert us("514-398-4455").country == "CA"
    assert us("436-538-5759").state == "valid"


ABROAD = {
    ("+44 20 7946 0958", "US"): ("+442079460958", "GB"),
    ("011 44 20 7946 0958", "US"): ("+442079460958", "GB"),
    ("020 7946 0958", "GB"): ("+442079460958", "GB"),
    ("+52 55 1234 5678 ext 9", "US"): ("+525512345678", "MX"),
    ("402-538-5759", "CA"): ("+14025385759", "US"),
}


@pytest.mark.parametrize(("asked", "answer"), ABROAD.items())
def test_regions(asked: tuple[str, str], answer: tuple[str, str]) -> None:
    reading = read(*asked, AREA_CODES)
    assert (reading.state, reading.e164, reading.country) == ("valid", *answer)


@given(
    st.text(max_size=40) | st.text(alphabet="0123456789+-(). xOISB,;#e", max_size=30),
    st.sampled_from(["US", "CA", "DE", "", "??"]),
)
@example("٤٠٢٥٣٨٥٧٥٩", "US")
@example("+" * 300, "US")
@example("\ud800402-538-5759", "DE")
def test_any_text_is_read(text: str, region: str) -> None:
    reading = read(text, region, AREA_CODES)
    assert reading.text == text
    assert (reading.e164 == "") == (reading.state not in ("valid", "possible_only"))
    assert len(reading.extension) <= 7
    for found in find(text, region, AREA_CODES):
        assert text[found.start : found.end]
        assert found.reading.state in ("valid", "possible_only", "placeholder")


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_a_valid_number_is_the_one_that_phonenumbers_reads(number: int) -> None:
    reading = us(str(number))
    if reading.state == "valid" and reading.area_code not in {
        "436", "457", "471", "621", "624", "679", "729", "837", "861", "924",
    }:  # fmt: skip
        parsed = phonenumbers.parse(str(number), "US")
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == reading.e164


FOUND = {
    "one among words": ("call 402-538-5759 after 5", [("+14025385759", "", "call after 5")]),
    "two with a word": (
        "402-538-5759 or 402-538-5760 (wife)",
        [("+14025385759", "", ""), ("+14025385760", "", "wife")],
    ),
    "words that lead": (
        "home 402-538-5759 cell 402-538-5760",
        [("+14025385759", "", "home"), ("+14025385760", "", "cell")],
    ),
    "a slash between": ("402-538-5759/402-538-5760", [("+14025385759", "", ""), ("+14025385760", "", "")]),
    "an extension": ("402-538-5759 x12 desk", [("+14025385759", "12", "desk")]),
    "abroad": ("please ring +44 20 7946 0958 first", [("+442079460958", "", "please ring first")]),
    "a card": ("4111 1111 1111 1111", []),
    "a tracking number": ("1Z9994025385759", []),
    "a longer number": ("order 402-538-5759-11", []),
    "seven digits": ("call 538-5759", []),
    "nothing": ("leave at the door", []),
}


@pytest.mark.parametrize(("text", "phones"), FOUND.values(), ids=FOUND)
def test_numbers_inside_text(text: str, phones: list[tuple[str, str, str]]) -> None:
    found = find(text, "US", AREA_CODES)
    assert [(phone.reading.e164, phone.reading.extension, phone.words) for phone in found] == phones
    assert all(text[phone.start : phone.end] == phone.reading.text for phone in found)


def test_numbers_inside_text_of_another_region() -> None:
    (phone,) = find("Anruf 030 901820 bitte", "DE", AREA_CODES)
    assert (phone.reading.e164, phone.words) == ("+4930901820", "Anruf bitte")


@pytest.mark.parametrize(
    "text",
    [
        "4" * 200 + "?",
        "4O" * 100 + "?",
        "(4) " * 60 + "z",
        "4" + " " * 240 + "x",
        "1-800-" + "a-" * 120 + "?",
        "+2222" * 400 + "x",
    ],
    ids=lambda text: text[:6],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    us(text)
    find(text, "US", AREA_CODES)
    assert time.process_time() - begun < 0.1
