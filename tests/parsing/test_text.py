"""The mending steps of a single text: what each takes out, and that once is enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.text import (
    composed,
    marks,
    spaced,
    trimmed,
    whole_number,
    without_entities,
    without_invisible,
    without_mojibake,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Smith &amp; Sons", "Smith & Sons"),
        ("Smith &amp;amp; Sons", "Smith & Sons"),
        ("O&#39;Brien", "O'Brien"),
        ("O&#x27;Brien", "O'Brien"),
        ("caf&eacute;", "café"),
        ("R&D; ring twice", "R&D; ring twice"),
        ("AT&T", "AT&T"),
        ("&nosuch;", "&nosuch;"),
        ("fish &chips", "fish &chips"),
    ],
)
def test_entities(written: str, meant: str) -> None:
    assert without_entities(written) == meant


@pytest.mark.parametrize(
    ("written", "meant", "sure"),
    [
        ("ChloÃ©", "Chloé", True),
        ("SÃ¸ren", "Søren", True),
        ("Chloé", "Chloé", False),
        ("SÃ£o Paulo", "São Paulo", True),
        ("Ãngela", "Ãngela", False),
    ],
)
def test_mojibake(written: str, meant: str, sure: bool) -> None:
    mended, round_trips = without_mojibake(written)
    assert mended == meant
    assert round_trips is sure


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        ("Omaha", "text", ()),
        ("Omaha ", "text", ("spaces",)),
        ("Omaha\nNE", "text", ("spaces",)),
        ("Ring twice\nthen wait", "prose", ()),
        ("Omaha,", "text", ("edge",)),
        ("68142.0", "code", ("float",)),
        ("68142.0", "text", ()),
        ("5.13E+09", "phone", ("scientific",)),
        ("Cafe\u0301", "text", ("decomposed",)),
        (68142, "code", ("number",)),
        (True, "text", ("boolean",)),
        ([1], "text", ("list",)),
        ("2", "count", ("digits",)),
        ("two", "count", ("words",)),
        ("yes", "flag", ("words",)),
        ("a lamp", "object", ("text",)),
        (5, "object", ("number",)),
        ([1], "object", ("list",)),
        (True, "flag", ()),
        (2, "count", ()),
        (True, "count", ("boolean",)),
    ],
)
def test_marks(value: object, kind: str | None, found: tuple[str, ...]) -> None:
    assert marks(value, kind) == found


def test_spaces_and_line_breaks() -> None:
    assert spaced("  a \u00a0 b\t\nc  ", breaks=False) == "a b c"
    assert spaced("  a \r\n\r\n\r\n\r\n b ", breaks=True) == "a\n\nb"


def test_ends_and_floats() -> None:
    assert trimmed(" ,OMAHA ;, ") == "OMAHA"
    assert whole_number("68142.0") == "68142"
    assert without_invisible("Oma\u200bha\u0000") == "Omaha"


@pytest.mark.parametrize(
    "step",
    [
        without_entities,
        without_invisible,
        composed,
        trimmed,
        lambda text: spaced(text, breaks=True),
        lambda text: spaced(text, breaks=False),
    ],
    ids=["entities", "invisible", "composed", "trimmed", "lines", "spaces"],
)
def test_once_is_enough(step: object) -> None:
    @given(st.text() | st.text(alphabet="&amp;#39x \n\t,;\u200b\u0301e"))
    def idempotent(text: str) -> None:
        assert callable(step)
        assert step(step(text)) == step(text)

    idempotent()
