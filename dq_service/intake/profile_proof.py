"""The proof of a profile: each of its samples is mapped, and what comes of it is what the file says."""

from collections.abc import Iterable, Iterator
from typing import Any

from dq_service.intake.json_text import write
from dq_service.intake.mapping_table import mapped
from dq_service.intake.profile import Profile, Sample
from dq_service.intake.profiles import Profiles
from dq_service.order import Order
from dq_service.parsing.yaml import DocumentError, Problem


def problems(profiles: Profiles, names: Iterable[str]) -> list[Problem]:
    """All that is wrong with these profiles: what cannot be read, what its samples do not keep to."""
    found: list[Problem] = []
    for name in names:
        try:
            found += prove([profiles[name]])
        except DocumentError as error:
            found += error.problems
    return found


def prove(profiles: Iterable[Profile]) -> list[Problem]:
    """What the samples of these profiles do not keep to; each problem stands on the line of what it is about."""
    return [
        Problem(profile.file, line, f"sample '{sample.name}': {message}")
        for profile in profiles
        for sample in profile.samples
        for line, message in _wrong(profile, sample)
    ]


def _wrong(profile: Profile, sample: Sample) -> Iterator[tuple[int, str]]:
    if profile.format == "csv" and not isinstance(sample.payload, str):
        yield sample.line, "the payload of a csv profile is a text with its lines: payload: |"
        return
    raw = sample.payload.encode() if profile.format == "csv" else write(sample.payload)
    records = mapped(raw, profile)
    made = [record for record in records if record.order is not None and record.trouble is None]
    if sample.refused:
        if made:
            yield sample.line, f"{_orders(len(made))} came of it, and it is to be refused"
        return
    if len(made) != len(records) or len(made) != len(sample.gives):
        why = next((f": {record.trouble}" for record in records if record.trouble), "")
        yield sample.line, f"{_orders(len(made))} came of it, not {len(sample.gives)}{why}"
        return
    for record, gives in zip(made, sample.gives, strict=True):
        order = Order(record.order or {})
        for name, wanted in gives.items():
            try:
                found = order.at(name)
            except ValueError:
                yield sample.lines.get(name, sample.line), f"'{name}' is no path of a field"
                continue
            if found != (None if wanted == "" else wanted) or type(found) is bool is not type(wanted):
                yield sample.lines.get(name, sample.line), f"{name} is {_shown(found)}, not {_shown(wanted)}"
    answered = {one for record in made if record.provenance for one in record.provenance.answers_for}
    for name in sample.answers_for:
        if name not in answered:
            yield sample.line, f"the partner answers for {name}, not the profile"


def _orders(count: int) -> str:
    return f"{count} order{'' if count == 1 else 's'}"


def _shown(value: Any) -> str:
    text = "absent" if value is None else write(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
