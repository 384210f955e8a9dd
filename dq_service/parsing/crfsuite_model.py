"""A CRFsuite model as the tables it is made of, and the same model with attributes that always come together as one.

The binary format is CRFsuite's own (model version 100, little-endian): a header of offsets, then chunks for
features, labels, attributes and what refers to what. A conditional random field adds up the weights of a token's
attributes, so one attribute that weighs as much as ten together gives the same labels and the same probability.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

_HEADER: Final = Struct("<4s I 4s I I I I I I I I I")
_CHUNK: Final = Struct("<4s I I")
_FEATURE: Final = Struct("<I I I d")  # state or transition, from, to, weight
_STRINGS: Final = Struct("<4s I I I I I")  # a CQDB: a hash table kept in a file
_PAIR: Final = Struct("<I I")
_BYTE_ORDER: Final = 0x62445371
_MASK: Final = 0xFFFFFFFF

Weights = Mapping[int, float]  # by label number


@dataclass(frozen=True, slots=True)
class Model:
    """A model's bytes, with the weights of each attribute by its name."""

    data: bytes
    weights: Mapping[str, Weights]

    def regrouped(
        self, groups: Iterable[Sequence[str]]
    ) -> tuple[bytes, dict[str, bytes], dict[tuple[str, ...], bytes]]:
        """A model with short attribute names and one attribute more for each group.

        Gives its bytes, the short name of each attribute, and the short name of each group. The names stay short
        because the tagger copies each of them several times, and up to 15 bytes that needs no memory of its own.
        """
        weights = list(self.weights.values())
        singles = {attribute: b"%x" % number for number, attribute in enumerate(self.weights)}
        grouped: dict[tuple[str, ...], bytes] = {}
        for group in groups:
            grouped[tuple(group)] = b"%x" % len(weights)
            total: dict[int, float] = defaultdict(float)
            for attribute in group:
                for label, weight in self.weights[attribute].items():
                    total[label] += weight
            weights.append(total)
        return _with_attributes(self.data, weights), singles, grouped


def read_model(data: bytes) -> Model:
    """The tables of a model file. Raises ValueError when the bytes are no such model."""
    magic, _, _, version, _, _, _, features, _, attributes, _, references = _HEADER.unpack_from(data)
    if magic != b"lCRF" or version != 100:
        raise ValueError("not a CRFsuite model of version 100")
    _, _, _, order, count, backward = _STRINGS.unpack_from(data, attributes)
    if order != _BYTE_ORDER:
        raise ValueError("a CRFsuite model of another byte order")
    weights: dict[str, Weights] = {}
    for number, (place,) in enumerate(_uint32.iter_unpack(data[attributes + backward :][: 4 * count])):
        start = attributes + place + _PAIR.size
        _, size = _PAIR.unpack_from(data, attributes + place)
        (where,) = _uint32.unpack_from(data, references + _CHUNK.size + 4 * number)
        (many,) = _uint32.unpack_from(data, where)
        own: dict[int, float] = {}
        for (feature,) in _uint32.iter_unpack(data[where + 4 : where + 4 + 4 * many]):
            _, _, label, weight = _FEATURE.unpack_from(data, features + _CHUNK.size + _FEATURE.size * feature)
            own[label] = weight
        weights[data[start : start + size - 1].decode()] = own
    return Model(data, weights)


def _with_attributes(data: bytes, weights: Sequence[Weights]) -> bytes:
    """The model with these attributes, named by their number in hexadecimal, in place of its own.

    What the labels and transitions need stays where it is; the new chunks are put behind it.
    """
    header = list(_HEADER.unpack_from(data))
    features = header[7]
    _, _, count = _CHUNK.unpack_from(data, features)
    rows = [data[features + _CHUNK.size : features + _CHUNK.size + _FEATURE.size * count]]
    lists: list[bytes] = []
    for number, labels in enumerate(weights):
        lists.append(Struct(f"<I {len(labels)}I").pack(len(labels), *range(count, count + len(labels))))
        rows += [_FEATURE.pack(0, number, label, weight) for label, weight in labels.items()]
        count += len(labels)
    out = bytearray(data)

    header[7] = len(out)
    table = b"".join(rows)
    out += _CHUNK.pack(b"FEAT", _CHUNK.size + len(table), count) + table

    header[6], header[9] = len(weights), len(out)
    out += _strings([b"%x" % number for number in range(len(weights))])

    header[11] = len(out)
    place = len(out) + _CHUNK.size + 4 * len(lists)
    places = []
    for references in lists:
        places.append(place)
        place += len(references)
    out += _CHUNK.pack(b"AFRF", place - len(out), len(lists)) + Struct(f"<{len(places)}I").pack(*places)
    out += b"".join(lists)

    header[1] = len(out)
    _HEADER.pack_into(out, 0, *header)
    return bytes(out)


def _strings(names: Sequence[bytes]) -> bytes:
    """A CQDB chunk that gives each name its number: records, then 256 hash tables with open addressing."""
    start = _STRINGS.size + 256 * _PAIR.size
    records = bytearray()
    tables: list[list[tuple[int, int]]] = [[] for _ in range(256)]
    for number, name in enumerate(names):
        key = name + b"\0"
        digest = _hash(key)
        tables[digest & 0xFF].append((digest, start + len(records)))
        records += _PAIR.pack(number, len(key)) + key
    directory, buckets = bytearray(), bytearray()
    for table in tables:
        size = 2 * len(table)
        directory += _PAIR.pack(start + len(records) + len(buckets) if size else 0, size)
        slots = [(0, 0)] * size
        for digest, place in table:
            slot = (digest >> 8) % size
            while slots[slot][1]:
                slot = (slot + 1) % size
            slots[slot] = (digest, place)
        buckets += b"".join(_PAIR.pack(*entry) for entry in slots)
    size = start + len(records) + len(buckets)
    return bytes(_STRINGS.pack(b"CQDB", size, 0, _BYTE_ORDER, 0, 0) + directory + records + buckets)


def _hash(key: bytes) -> int:
    """Bob Jenkins' lookup3 (public domain, 2006) of a key of at most twelve bytes, which is one final mixing."""
    a = b = c = 0xDEADBEEF + len(key)
    key = key.ljust(12, b"\0")
    a = (a + int.from_bytes(key[:4], "little")) & _MASK
    b = (b + int.from_bytes(key[4:8], "little")) & _MASK
    c = (c + int.from_bytes(key[8:], "little")) & _MASK
    for turn in (14, 11, 25, 16, 4, 14, 24):
        # Each step mixes two of the three words, and the three trade places.
        c = ((c ^ b) - ((b << turn | b >> 32 - turn) & _MASK)) & _MASK
        a, b, c = b, c, a
    return b


_uint32: Final = Struct("<I")
