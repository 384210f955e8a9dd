"""How a single text is read: what is wrong with its characters, and each mending step, every one idempotent."""

import html
import re
import unicodedata
from typing import Any, Final

EDGE: Final = " \t\r\n\v\f,;|\u00a0"  # what never belongs at either end of a value

_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ODD_SPACE = re.compile(r"[^\S \n]|  |\A | \Z| \n|\n |\n{3,}")
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffe\uffff]"
)
# What UTF-8 looks like when it was read as Latin-1 or Windows-1252: a lead byte as a letter, then a continuation byte.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
# Latin letters, digits and signs as wide as a Chinese one, as East Asian keyboards write them (U+FF01 to U+FF5E).
_WIDE = re.compile("[\uff01-\uff5e]")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_BEYOND_1252 = re.compile("[\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "`": "`", "\u00ab": "\u00bb"}
_FLOAT = re.compile(r"[+-]?[0-9]+\.0+")
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*")

_IDENTIFIERS = frozenset({"code", "phone"})


def marks(value: Any, kind: str) -> tuple[str, ...]:
    """What a tidying rule could find at a field of this kind.

    Of the wrong type: `number` `boolean` `list` `object` where text belongs, `text` where an object or list
    belongs, `digits` or `words` where a number belongs. Of a text: `entity` `mojibake` `wide` `invisible`
    `decomposed` `spaces` `edge`, and in an identifier `float` `scientific`.
    """
    if kind == "object":
        return ("text",) if isinstance(value, str) else (_type_name(value),)
    if kind in ("number", "count", "money"):
        if isinstance(value, str):
            return ("digits",) if _NUMBER.fullmatch(value) else ("words",)
        return () if isinstance(value, int | float) and not isinstance(value, bool) else (_type_name(value),)
    if kind == "flag":
        return () if isinstance(value, bool) else ("words",) if isinstance(value, str) else (_type_name(value),)
    if not isinstance(value, str):
        return (_type_name(value),)
    return tuple(_marks_of_text(value, kind))


def _marks_of_text(value: str, kind: str) -> list[str]:
    found = []
    if "&" in value and _ENTITY.search(value):
        found.append("entity")
    if value.isascii() and value.isprintable():
        if "  " in value or value[:1] == " " or value[-1:] == " ":
            found.append("spaces")
    else:
        found += _odd_characters(value, kind)
    if value.strip(EDGE) != value.strip() or (kind != "prose" and _is_quoted(value.strip())):
        found.append("edge")
    if kind in _IDENTIFIERS:
        if _FLOAT.fullmatch(value):
            found.append("float")
        elif _SCIENTIFIC.fullmatch(value):
            found.append("scientific")
    return found


def _odd_characters(value: str, kind: str) -> list[str]:
    found = []
    if not value.isascii():
        if _MOJIBAKE.search(value):
            found.append("mojibake")
        if _WIDE.search(value):
            found.append("wide")
        if not unicodedata.is_normalized("NFC", value):
            found.append("decomposed")
    if _INVISIBLE.search(value):
        found.append("invisible")
    if _ODD_SPACE.search(value) or (kind != "prose" and "\n" in value):
        found.append("spaces")
    return found


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list) else "object"


def without_entities(text: str) -> str:
    """HTML entities as the characters they name, doubly escaped ones (`&amp;amp;`) too.

    >>> without_entities("Smith &amp;amp; Sons, 12&nbsp;Elm&#44;")
    'Smith & Sons, 12\\xa0Elm,'
    """
    for _ in range(5):
        if not _ENTITY.search(text):
            break
        once = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
        if once == text:
            break
        text = once
    return text


def without_mojibake(text: str) -> tuple[str, bool]:
    """The text as it was before UTF-8 was read as Windows-1252, and whether that is the only way to read it.

    It is when writing the mended text in UTF-8 and reading it wrongly again gives exactly what came in.
    """
    from ftfy import fix_encoding  # 50 ms to import, and hardly an order in a hundred needs it

    text = _BEYOND_1252.sub("", text)  # what stands between hides nothing: the next step would take it out anyway
    mended = fix_encoding(text)
    for wrong in ("cp1252", "latin-1"):
        try:
            if mended != text and mended.encode("utf-8").decode(wrong) == text:
                return mended, True
        except UnicodeError:
            continue
    return mended, False


def narrowed(text: str) -> str:
    """Full-width letters, digits and signs as plain ones: `６８１４２` is `68142`."""
    return text.translate(_NARROW)


def without_invisible(text: str) -> str:
    """Without control, zero-width, direction and byte-order characters; line separators become line breaks."""
    return _INVISIBLE.sub(lambda found: "\n" if found.group() in "\u2028\u2029\u0085" else "", text)


def composed(text: str) -> str:
    """Unicode normal form C."""
    return unicodedata.normalize("NFC", text)


def spaced(text: str, *, breaks: bool) -> str:
    """Single spaces, none at the ends; with `breaks`, line breaks stay (at most one empty line)."""
    if not breaks:
        return " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def trimmed(text: str) -> str:
    """Without the commas, semicolons and bars at the ends, and without quotation marks around the whole."""
    text = text.strip(EDGE)
    return text[1:-1].strip(EDGE) if _is_quoted(text) else text


def _is_quoted(text: str) -> bool:
    """Whether quotation marks stand around a whole text and nowhere in it: what a badly read CSV leaves."""
    closing = _QUOTES.get(text[:1])
    return closing is not None and len(text) > 2 and text[-1] == closing and not {text[0], closing} & {*text[1:-1]}


def whole_number(text: str) -> str:
    """Digits that a spreadsheet turned into a float, as digits again: `68142.0` is `68142`."""
    return text.partition(".")[0]
