"""Our own YAML: what the author wrote stays, and each mistake is named with its line."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.reader import nearest, reader
from dq_service.parsing.yaml import DEPTH, SIZE, DocumentError, Problem, read


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read(text, "f.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("68142", 68142),
        ("-3", -3),
        ("0", 0),
        ("0.995", 0.995),
        ("2026-12-01", "2026-12-01"),
        ("16:30", "16:30"),
        ("12:30:15", "12:30:15"),
        ('"02101"', "02101"),
        (r"'ACME-\d{6}'", r"ACME-\d{6}"),
        (r'"\u200b"', "\u200b"),
        ("=", "="),
        ("<<", "<<"),
        ("14205 Ida Street", "14205 Ida Street"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
        ("{a: [1, {b: Null Island}]}", {"a": [1, {"b": "Null Island"}]}),
    ],
)
def test_what_is_written_is_what_is_read(written: str, value: object) -> None:
    found = read(f"key: {written}", "f.yaml").value["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "doubtful",
    [
        "02101",
        "1e3",
        "12e03",
        "0o17",
        "0x1F",
        "1_000",
        "+14025385759",
        ".5",
        "1.",
        ".inf",
        "-.INF",
        ".nan",
        "017",
        "1234567890123456789",
        "True",
        "FALSE",
        "Null",
        "NULL",
    ],
)
def test_what_tools_read_differently_is_refused_until_quoted(doubtful: str) -> None:
    [problem] = problems(f"a: 1\nkey: {doubtful}")
    assert problem.startswith(f"f.yaml:2: {doubtful} may be ")
    assert read(f"key: '{doubtful}'", "f.yaml").value == {"key": doubtful}


def test_a_key_is_its_letters() -> None:
    assert read("NO: 1\n02101: 2\nnull: 3\n", "f").value == {"NO": 1, "02101": 2, "null": 3}


def test_json_is_read_too() -> None:
    assert read('{"name":"proof","po_boxes":false,"n":[1,2.5,null]}', "f").value == {
        "name": "proof",
        "po_boxes": False,
        "n": [1, 2.5, None],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b: c", "1: a ': ' has no place here; put the text in quotes, or mend the indentation"),
        ("a:\n\tb: 1", "2: a tab stands here; indent with spaces"),
        ('x: 1\na: "\\d"', "2: a backslash in double quotes; write the text in 'single quotes'"),
        ("x: 1\na: 'x\nb: 1\n", "2: a quote opens here and never closes"),
        ("x: 1\na: [1, 2\nb: 3", "2: a '[' opens here and its ']' or a ',' is missing"),
        ("a: 1\nb\nc: 2", "3: a key without its ':'"),
        ("a: 1\n---\nb: 2", "2: a second document begins; a file holds one"),
        ("%YAML 1.1\n---\na: NO", "2: a directive (%) has no place here; leave it out"),
        ("a: 1\nb: \x07", "2: a character that YAML does not allow: U+0007; write its escape in quotes"),
        (b"a: 1\nb: \xff", "2: the file is not UTF-8"),
        ("a: 1\nb: \ud800", "2: the file is not UTF-8"),
        ('a: 1\nb: "\\uD800"', "2: half of a surrogate pair (\\ud800 to \\udfff) is no character"),
        ('a: 1\nb: "\\U00110000"', "2: an escape (\\U) names no character"),
        ("? [a, b]\n: 1", "1: a key is a plain text"),
        ("x" * (SIZE + 1), "1: the file has more than 262,144 bytes"),
        ("[" * (DEPTH + 1), "1: more than 20 levels deep"),
    ],
)
def test_a_broken_form_is_named_with_its_line(text: str | bytes, expected: str) -> None:
    assert problems(text) == [f"f.yaml:{expected}"]


def test_all_problems_are_named_not_only_the_first() -> None:
    assert problems("a: &x 1\nb: *x\nc: !!python/name:os.system 3\na: 2\nd: 02101\ne: [1\n") == [
        "f.yaml:1: an anchor (&x) has no place here; leave it out",
        "f.yaml:2: an alias (*x) has no place here; write the value out",
        "f.yaml:3: a tag (!!python/name:os.system) has no place here; leave it out",
        "f.yaml:4: key 'a' stands twice; first on line 1",
        "f.yaml:5: 02101 may be a number or a text; put a text in quotes, write a number in plain digits",
        "f.yaml:6: a '[' opens here and its ']' or a ',' is missing",
    ]


def test_a_hostile_file_ends_soon_and_says_little() -> None:
    assert len(problems("- 0_1\n" * 40_000)) == 101
    assert read(f"a: {'1_' * 100_000}x", "f").value["a"].endswith("1_x")  # a careless pattern would need hours


def test_keys_inside_keys_are_levels_too() -> None:
    assert problems("? " * 2000)[-1] == "f.yaml:1: more than 20 levels deep"


def test_depth_up_to_the_limit_is_read() -> None:
    assert read("[" * DEPTH + "]" * DEPTH, "f").value


def test_every_value_has_its_line() -> None:
    document = read("a: 1\nb:\n  - c: 2\n    d: 3\n  - e\n", "f")
    assert [document.line(steps) for steps in [(), ("b",), ("b", 0, "d"), ("b", 1)]] == [1, 2, 4, 5]
    assert document.line(("b", 0, "absent", "deeper")) == 3


@given(st.text(alphabet="ab1:-[]{},#'\"\\|>&*!%?@` \n\tU0é", max_size=40))
def test_any_text_is_a_document_or_a_document_error(text: str) -> None:
    try:
        found = read(text, "f").problems
    except DocumentError as error:
        found = error.problems
        text += "\n"  # a line past the last is where an unclosed value ends
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in found)


def test_the_error_survives_a_process_border() -> None:
    error = DocumentError([Problem("b", 1, "y"), Problem("a", 2, "x"), Problem("a", 2, "x")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems == (Problem("a", 2, "x"), Problem("b", 1, "y"))


# The reader.


def test_the_reader_gathers_everything_and_goes_on() -> None:
    of = reader(
        "code: 12\nseverity: eror\nsafe: yes\nlimit: 3\ncountries: [US, UK, US]\nwords: [a, 1]\n"
        "inner: {deep: 1, dep: 2}\nlist: [{x: 1}, 5]\ncomand: x\na: 1\na: 2\n",
        "f.yaml",
    )
    of.require("code", "why")
    assert of.text("code", "none") == "none"
    assert of.one_of("severity", ("error", "warning", "info")) == "error"
    assert of.flag("safe") is False
    assert of.number("limit", 0.5, least=0, most=1) == 0.5
    assert of.some_of("countries", ("US", "CA")) == ("US",)
    assert of.texts("words") == ("a",)
    inner = of.mapping("inner")
    assert inner.number("deep") == 1
    inner.close()
    assert [one.number("x") for one in of.mappings("list")] == [1]
    assert of.written("command", int, 7) == 7
    with pytest.raises(DocumentError) as caught:
        of.finish()
    assert str(caught.value).splitlines() == [
        'f.yaml:1: code wants a text, not 12; put it in quotes: "12"',
        "f.yaml:1: key 'why' is missing",
        "f.yaml:2: 'eror' is none of error, warning, info; did you mean 'error'?",
        "f.yaml:3: safe wants true or false, not 'yes'",
        "f.yaml:4: limit wants a number from 0 to 1, not 3",
        "f.yaml:5: 'UK' is none of US, CA",
        "f.yaml:5: 'US' stands twice",
        "f.yaml:6: words wants texts, not 1",
        "f.yaml:7: no key 'dep'; did you mean 'deep'?",
        "f.yaml:8: list wants a list of mappings, not 5",
        "f.yaml:9: no key 'comand'; did you mean 'command'?",
        "f.yaml:10: no key 'a'",
        "f.yaml:11: key 'a' stands twice; first on line 10",
    ]


def test_absent_and_null_read_as_the_default() -> None:
    of = reader("a: null\n", "f")
    assert (of.text("a", "x"), of.flag("b", True), of.texts("c", ("d",)), of.one_of("e", ("f", "g"), "g")) == (
        "x",
        True,
        ("d",),
        "g",
    )
    assert not list(of.mapping("h"))
    assert not of.mappings("i")
    of.finish()


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "5", "a text"])
def test_a_file_without_keys_cannot_be_read_on(text: str) -> None:
    with pytest.raises(DocumentError, match="the file wants keys"):
        reader(text, "f")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("comand", ("command",)),
        ("Po-Boxes", ("po_boxes",)),
        ("ADR021", ("ADR012", "ADR022")),  # two are as near as each other: both are offered
        ("zzz", ()),
        ("", ()),
    ],
)
def test_the_nearest_spelling(word: str, near: tuple[str, ...]) -> None:
    assert nearest(word, ["command", "po_boxes", "ADR012", "ADR022", "ADR999"]) == near


def test_many_words_as_near_as_each_other_are_no_hint() -> None:
    assert nearest("ADR02", ["ADR021", "ADR022", "ADR023"]) == ()
