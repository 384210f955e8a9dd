"""Patterns of rules and partners: linear time, and a refusal where google-re2 cannot follow."""

import pickle
import time

import pytest

from dq_service.parsing.pattern import LENGTH, Pattern, PatternError


@pytest.mark.parametrize(
    ("source", "text", "whole"),
    [
        (r"ACME-\d{6}", "ACME-100042", True),
        (r"ACME-\d{6}", "ACME-1000421", False),
        (r"ACME-\d{6}", "ACME-10004٢", False),
        ("(?i)acme", "AcMe", True),
        ("é+", "éé", True),
        ("a|ab", "ab", True),
        (".*", "\ud800", False),
    ],
)
def test_a_pattern_is_about_the_whole_text(source: str, text: str, whole: bool) -> None:
    assert Pattern(source).matches(text) is whole


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (r"ACME-(?=\d)", r"pattern 'ACME-(?=\d)': look-ahead and look-behind are not supported ((?=)"),
        (r"(a)\1", r"pattern '(a)\1': back-references are not supported (\1)"),
        ("(?<!a)b", "pattern '(?<!a)b': look-ahead and look-behind are not supported ((?<!)"),
        ("a(", "pattern 'a(': missing ): a("),
        ("[z-a]", "pattern '[z-a]': invalid character class range: z-a"),
        ("(a{1000}){1000}", "pattern '(a{1000}){1000}': invalid repetition size: {1000}"),
        ("", "an empty pattern"),
        ("a" * (LENGTH + 1), "a pattern of 1001 characters; 1000 are allowed"),
    ],
)
def test_what_cannot_be_compiled_says_why(source: str, why: str) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern(source)
    assert str(caught.value) == why


def test_a_pattern_that_backtracks_elsewhere_is_quick() -> None:
    begun = time.perf_counter()
    assert not Pattern("(a+)+b").matches("a" * 5000)
    assert time.perf_counter() - begun < 1  # Python's re would not end


def test_a_pattern_is_equal_and_pickled_by_its_source() -> None:
    pattern = Pattern("a+")
    assert pickle.loads(pickle.dumps(pattern)) == pattern == Pattern("a+")
    assert hash(pattern) == hash(Pattern("a+"))
