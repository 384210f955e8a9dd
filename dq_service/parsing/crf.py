"""usaddress's reading of an address, token by token: the same labels and the same probability in a tenth of the time.

Nine tenths of what `usaddress.parse` costs is describing each token three times over (as itself, as its neighbour's
neighbour on either side) and handing all the descriptions to C++ as strings. Here a token's description is
remembered, holds only what the model has weights for, and what always comes together goes over as one string.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pycrfsuite
import usaddress

from dq_service.parsing.crfsuite_model import read_model

Attributes = list[bytes]
Description = tuple[Attributes, Attributes, Attributes]

_ROLES: Final = ("", "previous:", "next:")
_AMPERSAND: Final = re.compile("&#38;|&amp;")
# A word with the punctuation that closes it, or one of the signs that stand alone.
_TOKEN: Final = re.compile(r"\(*\b[^\s,;#&()]+[.,;)\n]*|[#&]")


def tokenize(text: str) -> list[str]:
    """The tokens of an address, each as written with its closing punctuation: `Elm St., #4` is `Elm St., # 4`."""
    if "&" in text:
        text = _AMPERSAND.sub("&", text)
    return _TOKEN.findall(text)


def label(tokens: Sequence[str]) -> tuple[list[str], float]:
    """usaddress's label of each token, and the probability of all of them together, 0 to 1; none for no tokens."""
    if not tokens:
        return [], 0.0
    return _grammar().label(tokens)


class _Grammar:
    """The model of usaddress, regrouped, with what each token means to it."""

    __slots__ = ("_data", "_described", "_edges", "_groups", "_lock", "_shape", "_singles", "_tagger", "_words")

    def __init__(self) -> None:
        model = read_model(Path(usaddress.MODEL_PATH).read_bytes())
        known = model.weights.keys()
        groups = [
            [role + attribute for attribute in shape if role + attribute in known]
            for role in _ROLES
            for shape in _shapes()
        ]
        self._data, self._singles, self._groups = model.regrouped(group for group in groups if len(group) > 1)
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._data)  # reads from these bytes as long as it lives
        self._lock = Lock()  # the tagger holds one sequence at a time
        self._words: dict[str, Description] = {}
        for word in {name[name.index("word:") :] for name in known if "word:" in name}:
            own, as_previous, as_next = (self._grouped([role + word]) for role in _ROLES)
            self._words[word] = (own, as_previous, as_next)
        self._shape = lru_cache(maxsize=4096)(self._describe_shape)
        self._described = lru_cache(maxsize=65536)(self._describe)
        self._edges = [
            [self._singles[name]] if name in self._singles else []
            for name in ("address.start", "previous:address.start", "next:address.end", "address.end")
        ]

    def label(self, tokens: Sequence[str]) -> tuple[list[str], float]:
        start, after_start, before_end, end = self._edges
        described = [self._described(canonical(token)) for token in tokens]
        items = []
        before = start
        own, as_previous, _ = described[0]
        for following in described[1:]:
            items.append(before + own + following[2])
            before = as_previous
            own, as_previous, _ = following
        items.append(before + own + end)
        if len(items) > 1:
            items[1] = items[1] + after_start
            items[-2] = items[-2] + before_end
        with self._lock:
            labels = self._tagger.tag(items)
            return labels, self._tagger.probability(labels)

    def _describe(self, token: str) -> Description:
        """What the model knows of a token: as itself, as the one before another, as the one after another."""
        word, shape = _features(token)
        known = self._words.get(word)
        described = self._shape(shape)
        if known is None:
            return described
        return known[0] + described[0], known[1] + described[1], known[2] + described[2]

    def _describe_shape(self, shape: tuple[str, ...]) -> Description:
        own, as_previous, as_next = (self._grouped([role + attribute for attribute in shape]) for role in _ROLES)
        return own, as_previous, as_next

    def _grouped(self, attributes: Sequence[str]) -> Attributes:
        """The short names of these attributes, or the one that weighs as much as all that the model knows of them."""
        known = tuple(attribute for attribute in attributes if attribute in self._singles)
        if known in self._groups:
            return [self._groups[known]]
        return [self._singles[attribute] for attribute in known]


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def canonical(token: str) -> str:
    """A token that the model cannot tell from this one; of a number it sees the length and the closing zeros."""
    if token.isdecimal() and token.isascii():
        significant = token.rstrip("0")
        return "1" * len(significant) + token[len(significant) :]
    return token


def _features(token: str) -> tuple[str, tuple[str, ...]]:
    """usaddress's description of a token as CRFsuite's attribute names: the word, and its shape.

    A feature with a text becomes `name:text`, a true one its name; a false one weighs nothing.
    """
    features: dict[str, Any] = usaddress.tokenFeatures(token)
    word = features.pop("word")
    return f"word:{word}", tuple(
        [f"{name}:{value}" if type(value) is str else name for name, value in features.items() if value is not False]
    )


def _shapes() -> Iterator[list[str]]:
    """The shapes that tokens commonly have, in the order in which usaddress describes them."""
    for length, zeros, comma in product(range(1, 10), ("", "0", "00", "000"), ([], ["endsinpunc:,"])):
        yield ["digits:all_digits", f"trailing.zeros:{zeros}", f"length:d:{length}", *comma]
    kinds: tuple[list[str], ...] = ([], ["directional"], ["street_name"])
    for digits, length, comma, kind, vowels in product(
        ("some_digits", "no_digits"), range(1, 16), ([], ["endsinpunc:,"]), kinds, ([], ["has.vowels"])
    ):
        yield [f"digits:{digits}", f"length:w:{length}", *comma, *kind, *vowels]
    for length, comma, kind, vowels in product(range(1, 7), ([], ["endsinpunc:,"]), kinds, ([], ["has.vowels"])):
        yield ["abbrev", "digits:no_digits", f"length:w:{length}", *comma, *kind, *vowels]  # "St." and "St.,"
