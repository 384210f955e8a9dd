"""What people read about the rules, made from the rules alone: a page each, the index, and the editors' schema."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import orjson

from dq_service.checks import SUBJECTS
from dq_service.engine.own_findings import OWN_FINDINGS
from dq_service.engine.planning import NEEDS
from dq_service.engine.rule import STAGES, BadExample, Concern, Rule
from dq_service.engine.rule_text import COUNTRIES, SUBJECT_FOLDERS, functions_of
from dq_service.engine.rulebook import Rulebook, load
from dq_service.fields import Kind
from dq_service.finding import DIMENSIONS, Cause, Severity
from dq_service.parsing.customer import KINDS
from dq_service.reference.whereabouts import rules_folder

SCHEMA_FILE: Final = "rule.schema.json"
_TITLES: Final = {
    "types": "Types",
    "text": "Text",
    "address": "Address",
    "contact": "Recipient and contact",
    "items": "Items and identifiers",
    "schedule": "Schedule",
    "status": "Status",
    "instructions": "Delivery instructions",
    "duplicates": "Uniqueness",
}


def power(rule: Rule) -> str:
    """The most that a rule may do, in a word: `repairs`, `suggests` or `reports`."""
    if rule.repair is None:
        return "reports"
    return "repairs" if rule.safety == "safe" else "suggests"


def page(rule: Rule) -> str:
    """The rule's page in Markdown."""
    return "\n".join(_page(rule)) + "\n"


def index(rulebook: Rulebook) -> str:
    """All rules in tables by subject, in Markdown."""
    lines = ["# Rules", "", f"{len(rulebook.rules)} rules, in the order in which they speak. Made from `rules/`."]
    for subject in SUBJECT_FOLDERS:
        rules = [rule for rule in rulebook.rules if rule.subject == subject]
        if rules:
            lines += [
                "",
                f"## {_TITLES[subject]}",
                "",
                "| code | name | severity | may do | says |",
                "|---|---|---|---|---|",
            ]
            lines += [
                f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {power(rule)} "
                f"| {_cell(rule.message)} |"
                for rule in rules
            ]
    lines += ["", "## Of no rule", "", "| code | name | severity | says | why |", "|---|---|---|---|---|"]
    lines += [
        f"| {own.code} | {own.name} | {own.severity or 'that of the rule'} | {_cell(own.says)} | {_cell(own.why)} |"
        for own in OWN_FINDINGS
    ]
    return "\n".join(lines) + "\n"


def schema() -> dict[str, Any]:
    """The JSON schema of a rule's YAML, for editors."""
    texts = {"type": "array", "items": {"type": "string"}}
    functions = [f"{subject}.{name}" for subject, module in SUBJECTS.items() for name in functions_of(module)]
    call = {"type": "object", "propertyNames": {"enum": functions}, "minProperties": 1, "maxProperties": 1}
    fields = {"type": "object"}

    def words(values: Sequence[str]) -> dict[str, Any]:
        return {"enum": list(values)}

    def lists(values: Sequence[str]) -> dict[str, Any]:
        return {"type": "array", "items": words(values)}

    bad = {
        "type": "object",
        "properties": {
            "given": fields,
            "becomes": fields,
            "suggests": {"type": "array", "items": fields},
            "with": texts,
        },
        "required": ["given"],
        "additionalProperties": False,
    }
    world: dict[str, Any] = {name: {} for name in ("partner", "as_of", "points", "points_complete", "skus", "recent")}
    asked = {"type": "object", "required": ["ask"], "properties": {"ask": {"type": "string"}}}
    properties: dict[str, Any] = {
        "code": {"type": "string", "pattern": "^[A-Z]{3}[0-9]{3}$"},
        "name": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "why": {"type": "string"},
        "message": {"type": "string"},
        "dimension": words(DIMENSIONS),
        "severity": words(get_args(Severity)),
        "concerns": words(get_args(Concern)),
        "cause": words(get_args(Cause)),
        "stage": words(STAGES),
        "applies_to": texts,
        "kinds": lists(get_args(Kind)),
        "excepting": texts,
        "countries": lists(COUNTRIES),
        "orders": lists(KINDS),
        "needs": lists(tuple(NEEDS)),
        "marks": texts,
        "reads": texts,
        "check": call,
        "repair": call,
        "safety": {"oneOf": [{"const": "safe"}, asked]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "masks": {"type": "boolean"},
        "examples": {
            "type": "object",
            "properties": {
                "on": {"type": "object", "properties": world},
                "good": {"type": "array", "items": fields},
                "bad": {"type": "array", "items": bad},
            },
            "required": ["good", "bad"],
            "additionalProperties": False,
        },
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule of dq-service",
        "type": "object",
        "properties": properties,
        "required": ["code", "name", "why", "message", "dimension", "severity", "stage", "check", "examples"],
        "additionalProperties": False,
    }


def write(rulebook: Rulebook, folder: Path) -> list[Path]:
    """Writes all pages, the index and the schema into a folder; removes pages of rules that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = written(rulebook)
    for old in folder.glob("*.md"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def written(rulebook: Rulebook) -> Mapping[str, str]:
    """The text of every generated file, by its name."""
    described = orjson.dumps(schema(), option=orjson.OPT_INDENT_2).decode() + "\n"
    return {
        "README.md": index(rulebook),
        SCHEMA_FILE: described,
        **{f"{rule.code}.md": page(rule) for rule in rulebook.rules},
    }


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code} {rule.name}"
    yield ""
    yield rule.why
    yield ""
    yield f"Says: *{rule.message}*"
    yield ""
    yield from ("| | |", "|---|---|")
    yield f"| severity | {rule.severity}{f' ({rule.concerns})' if rule.concerns else ''} |"
    yield f"| dimension | {rule.dimension} |"
    yield f"| may do | {_may_do(rule)} |"
    where = ", ".join(f"`{pattern or 'order'}`" for pattern in rule.applies_to)
    yield f"| looks at | {where or 'every field of kind ' + ', '.join(rule.kinds)}, in stage {rule.stage} |"
    for name, values in (("countries", rule.countries), ("kinds of order", rule.orders), ("not in", rule.excepting)):
        if values:
            yield f"| {name} | {', '.join(values)} |"
    if rule.needs:
        yield f"| silent without | {', '.join(rule.needs)} |"
    yield f"| who can prevent it | {rule.cause} |"
    yield ""
    yield "## Found"
    for example in rule.examples.bad:
        yield from _example(example)
    yield ""
    yield "## Left alone"
    yield ""
    for good in rule.examples.good:
        yield f"- {_fields(good)}"
    yield ""
    yield "## Change or silence it"
    yield ""
    yield "In the partner's file, with a reason and an end:"
    yield ""
    yield "```yaml"
    yield f"overrides: [{{rule: {rule.code}, severity: warning, reason: why it differs here, until: 2027-01-31}}]"
    yield "```"
    yield ""
    yield f"`off: true` in place of `severity` silences it. Source: `{rule.file}`."


def _may_do(rule: Rule) -> str:
    if rule.repair is None:
        return "reports; a person must supply what is right"
    if rule.masks:
        return "masks for good: receipt, messages and the kept order show the mask"
    if rule.safety == "safe":
        sure = f" ({rule.confidence:g})" if rule.confidence is not None else ""
        return f"repairs when its confidence{sure} reaches the partner's `apply_at`, else suggests"
    return f"suggests, never repairs: {rule.doubt}"


def _example(example: BadExample) -> Iterator[str]:
    yield ""
    yield f"- {_fields(example.given)}"
    if example.becomes:
        yield f"  - becomes {_fields(example.becomes)}"
    for suggestion in example.suggests:
        yield f"  - suggests {_fields(suggestion)}"
    if not example.becomes and not example.suggests:
        yield "  - stays open for a person"


def _fields(values: Mapping[str, Any]) -> str:
    if not values:
        return "the order as it is"
    return ", ".join(f"`{path}` = {_value(value)}" for path, value in values.items())


def _value(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    text = orjson.dumps(value).decode()
    return f"``{text}``" if "`" in text else f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write(load([rules_folder()], SUBJECTS), Path(sys.argv[1]))
