"""One JSON document: a value exactly as sent, or why and where not."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.intake.json_text import DEEPEST, Unreadable, entries, read, write

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(
    st.binary()
    | st.text(alphabet='{}[]":,\\ \n0123456789eE.-truefalsnNIity\ud800').map(
        lambda t: t.encode("utf-8", "surrogatepass")
    )
)
def test_bytes_are_a_value_or_unreadable(raw: bytes) -> None:
    try:
        value = read(raw)
    except Unreadable:
        return
    assert read(write(value)) == value


@given(VALUE, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_every_value_is_read_as_the_standard_library_reads_it(value: Any, separators: tuple[str, str]) -> None:
    raw = json.dumps(value, separators=separators).encode()
    assert read(raw) == json.loads(raw)


@given(VALUE, VALUE, st.text(alphabet='":\\ab', max_size=4))
def test_equal_keys_are_refused_whatever_stands_between(first: Any, second: Any, key: str) -> None:
    name = json.dumps(key)
    raw = f'{{{name}: {json.dumps(first)}, "z": 1, {name}: {json.dumps(second)}}}'.encode()
    with pytest.raises(Unreadable, match="a key stands twice"):
        read(raw)


@pytest.mark.parametrize(
    ("raw", "reason", "place"),
    [
        pytest.param(b"", "it is empty", (None, None), id="empty"),
        pytest.param(b"\xef\xbb\xbf" * 5000, "BOM", (1, 1), id="many byte order marks"),
        pytest.param(b" \n ", "it is empty", (None, None), id="blank"),
        pytest.param(b'{"a": 1', "it ends too early", (1, 8), id="truncated"),
        pytest.param(b"{} {}", "something follows", (1, 4), id="trailing data"),
        pytest.param(b'{"a":\n NaN}', "NaN", (2, 2), id="NaN"),
        pytest.param(b"[-Infinity]", "NaN", (1, None), id="Infinity"),
        pytest.param(b"[1e999]", "a number is too large", (1, 2), id="1e999"),
        pytest.param(b'["\\ud83d"]', "lone surrogate", (1, None), id="lone surrogate"),
        pytest.param(b'["\xc3\xa9", "\xff"]', "not in UTF-8", (1, 8), id="invalid UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), "UTF-16", (1, 1), id="UTF-16 with mark"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), "UTF-16", (1, 1), id="UTF-16 without mark"),
        pytest.param(b"[" * 100_000, "nested deeper", None, id="100,000 deep"),
        pytest.param(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper", None, id="one too deep"),
        pytest.param(b'{"a" :' * 900 + b"1" + b"}" * 900, "nested deeper", None, id="deep, read exactly"),
        pytest.param(b"[" + b"9" * 5000 + b"]", "a number is too large", None, id="5,000 digits"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', "a key stands twice", (1, 10), id="equal keys, one escaped"),
        pytest.param(b'{"a" : 1,\n"a":2}', "a key stands twice", (2, 1), id="equal keys, spaces before a colon"),
        pytest.param(b'{"t": "\\":", "a": 1, "a": 2}', "a key stands twice", (1, 22), id="a colon in a text"),
    ],
)
def test_what_is_no_json_says_why_and_where(
    raw: bytes, reason: str, place: tuple[int | None, int | None] | None
) -> None:
    with pytest.raises(Unreadable, match=reason) as caught:
        read(raw)
    if place is not None:
        line, column = place
        assert caught.value.line == line
        assert column is None or caught.value.column == column


def test_equal_keys_name_a_field_of_the_contract_and_nothing_else() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b'{"items": [{"sku": "A"}, {"sku": "B", "sku": "C"}]}')
    assert caught.value.path == "items[1].sku"
    with pytest.raises(Unreadable) as caught:
        read(b'{"secret": 1, "secret": 2}')
    assert caught.value.path == ""
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte order mark"),
        pytest.param(b'{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}, id="100 bits"),
        pytest.param(b"[18446744073709551616]", [18446744073709551616], id="one past 64 bits"),
        pytest.param(b"9400111899223197428490", 9400111899223197428490, id="a bare tracking number"),
        pytest.param(
            b'{"n": 94001118992231974284.0}', {"n": 94001118992231974284}, id="digits with a spreadsheet's .0"
        ),
        pytest.param(b'{"n": 1e300}', {"n": 1e300}, id="a large float"),
        pytest.param(b"[" * DEEPEST + b"]" * DEEPEST, None, id="as deep as may be"),
    ],
)
def test_nothing_is_lost(raw: bytes, value: Any) -> None:
    found = read(raw)
    assert value is None or found == value
    assert read(write(found)) == found


@dataclass
class Reply:
    order: dict[str, Any]


def test_long_numbers_are_written_in_dataclasses_too() -> None:
    assert write(Reply({"n": 2**80})) == f'{{"order":{{"n":{2**80}}}}}'.encode()
    assert write({"half": "\ud83d", "whole": "\u00e9"}) == b'{"half":"\\ud83d","whole":"\xc3\xa9"}'
    assert write({"n": 2**80}, pretty=True) == f'{{\n  "n": {2**80}\n}}'.encode()
    with pytest.raises(TypeError):
        write({"n": {1, 2}})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[{"a": [1, 2]}, 3 ,"x, y"]', ['{"a": [1, 2]}', "3", '"x, y"']),
        ('{"next": ["a", "b"], "orders": [{"orders": [1]}, []], "more": [1]}', ['{"orders": [1]}', "[]"]),
        ("[]", []),
        ("[ ]", []),
        ('{"items": [1, 2]}', []),
        ('"orders"', []),
    ],
)
def test_entries_of_a_list_of_orders(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in entries(text)] == found
