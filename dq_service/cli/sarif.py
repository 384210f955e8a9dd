"""Results as SARIF 2.1.0 (OASIS), as editors and code hosts read them: one result for each finding."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from dq_service import __version__
from dq_service.cli.privacy import Privacy
from dq_service.cli.spans import Span, replacements, spans
from dq_service.engine.rule import Rule
from dq_service.finding import Finding, Outcome, Severity
from dq_service.result import Result

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
KINDS: Final[dict[Outcome, str]] = {"not_evaluated": "notApplicable"}  # every other finding is a failure
_DONE: Final = ("repaired", "waived")  # nothing is left to do: told as a suppressed result


def head(rules: Iterable[Rule], engine_findings: Iterable[tuple[str, str]] = ()) -> bytes:
    """The log's beginning, up to the list of results; `engine_findings` are codes and names that are no rule's."""
    driver = {
        "name": "dq-service",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules]
        + [{"id": code, "name": _camel(name)} for code, name in engine_findings],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": []}
    log = orjson.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return log.removesuffix(TAIL)


TAIL: Final = b"]}]}"


def results(file: str, result: Result, privacy: Privacy, text: str = "") -> Iterator[bytes]:
    """Each finding of an order as one SARIF result; with its line of JSON (`text`), columns and fixes too."""
    where = spans(text) if text and result.findings and result.order is not None else {}
    for finding in result.findings:
        yield orjson.dumps(_result(file, result, finding, privacy, where))


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": _camel(rule.name),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"subject": rule.subject, "dimension": rule.dimension, "stage": rule.stage},
    }


def _result(file: str, result: Result, finding: Finding, privacy: Privacy, where: Mapping[str, Span]) -> dict[str, Any]:
    region = {"region": _region(result.line, where.get(finding.field))} if result.line else {}
    repairs = [
        (repair, [change for change in repair.changes if change.field in finding.fields])
        for repair in result.repairs
        if repair.rule == finding.rule and finding.outcome in ("repaired", "shadowed")
    ]
    said: dict[str, Any] = {
        "ruleId": finding.rule,
        "kind": KINDS.get(finding.outcome, "fail"),
        "message": {"text": privacy.message(finding)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": uri(file)}, **region},
                "logicalLocations": [
                    {
                        "name": finding.field.rpartition(".")[2],
                        "fullyQualifiedName": finding.field,
                        "kind": "property",
                    }
                ],
            }
        ],
        "partialFingerprints": {"orderField/v1": f"{result.received_id}:{finding.rule}:{finding.field}"},
        "properties": {
            "orderId": result.received_id,
            "outcome": finding.outcome,
            "cause": finding.cause,
            "verdict": result.verdict,
            "changes": [
                {
                    "field": change.field,
                    "before": privacy.masked(change.field, change.before),
                    "after": privacy.masked(change.field, change.after),
                    "confidence": repair.confidence,
                }
                for repair, changes in repairs
                for change in changes
            ],
            "suggestions": [
                {
                    "changes": privacy.changes(one.changes),
                    "confidence": one.confidence,
                    "evidence": privacy.evidence(one.changes, one.evidence),
                }
                for one in finding.suggestions
            ],
        },
    }
    offers = [
        *((repair.evidence, {change.field: change.after for change in changes}) for repair, changes in repairs),
        *((one.evidence, one.changes) for one in finding.suggestions),
    ]
    fixes = [
        {
            "description": {"text": evidence or privacy.message(finding)},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": uri(file)},
                    "replacements": [
                        {"deletedRegion": _region(result.line, span), "insertedContent": {"text": text}}
                        for span, text in written
                    ],
                }
            ],
        }
        for evidence, changes in offers
        if (written := replacements(where, changes)) and privacy.changes(changes) == changes
    ]
    if fixes:
        said["fixes"] = fixes
    if said["kind"] == "fail":
        said["level"] = LEVELS[finding.severity]
    if finding.outcome in _DONE:
        why = "repaired in the order sent on" if finding.outcome == "repaired" else finding.note or "waived"
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return said


def _region(line: int | None, span: Span | None) -> dict[str, int]:
    """SARIF counts lines and columns from 1; `endColumn` is the one past the last."""
    region = {"startLine": line or 1}
    return region if span is None else {**region, "startColumn": span[0] + 1, "endColumn": span[1] + 1}


def uri(file: str) -> str:
    """A file as SARIF names it: relative where it was given so, else absolute with its scheme."""
    if file == "-":
        return "stdin"
    path = Path(file)
    from urllib.parse import quote

    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
