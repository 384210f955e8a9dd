"""Rules as a terminal shows them: the list by subject, and one rule's page."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dq_service.cli.difference import shown
from dq_service.engine.own_findings import OwnFinding
from dq_service.engine.pages import power
from dq_service.engine.rule import BadExample, Call, Rule
from dq_service.engine.rule_text import SUBJECT_FOLDERS
from dq_service.engine.rulebook import Rulebook
from dq_service.finding import Severity

SEVERITY_STYLES: Final[Mapping[Severity, str]] = {"error": "red", "warning": "yellow", "info": "dim"}
_PROSE: Final = 75  # characters of a line of prose


def listing(rulebook: Rulebook) -> RenderableType:
    """All rules by subject, in the order in which the subjects speak."""
    if not rulebook.rules:
        return Text("no rules here")
    longest = max(len(rule.name) for rule in rulebook.rules)
    parts: list[RenderableType] = []
    for subject in SUBJECT_FOLDERS:
        rules = [rule for rule in rulebook.rules if rule.subject == subject]
        if not rules:
            continue
        table = Table.grid(padding=(0, 2, 0, 0))
        for width in (6, longest, 7, 8, 12):
            table.add_column(no_wrap=True, min_width=width)
        for rule in rules:
            severity = Text(rule.severity, style=SEVERITY_STYLES[rule.severity])
            table.add_row(
                Text(rule.code), Text(rule.name), severity, Text(power(rule)), Text(rule.dimension, style="dim")
            )
        parts += [Text(subject, style="bold"), Padding(table, (0, 0, 0, 2)), ""]
    return Group(*parts, Text(f"{len(rulebook.rules)} rules · rulebook {rulebook.version[:19]}", style="dim"))


def own_page(own: OwnFinding) -> RenderableType:
    """A finding of no rule: why it is said, what it says."""
    head = Text.assemble(
        (own.code, "bold"),
        f" {own.name}  ",
        (own.severity, SEVERITY_STYLES[own.severity]) if own.severity else ("as the rule", "dim"),
        (f" · {own.dimension or 'as the rule'} · of no rule", "dim"),
    )
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row(Text("says"), Text(own.says))
    facts.add_row(Text("cause"), Text(own.cause))
    return Group(head, "", Padding(_narrow(Text(own.why)), (0, 0, 0, 2)), "", Padding(facts, (0, 0, 0, 2)))


def page(rule: Rule) -> RenderableType:
    """One rule: why, what it says, where it looks, what it does, its examples."""
    head = Text.assemble(
        (rule.code, "bold"),
        f" {rule.name}  ",
        (rule.severity, SEVERITY_STYLES[rule.severity]),
        (f" · {rule.dimension} · stage {rule.stage}", "dim"),
    )
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(rule):
        facts.add_row(Text(name), Text(value))
    why = Text(" ".join(rule.why.split()))
    parts: list[RenderableType] = [
        head,
        Text(rule.file, style="dim"),
        "",
        Padding(_narrow(why), (0, 0, 0, 2)),
        "",
        Padding(facts, (0, 0, 0, 2)),
        "",
        Padding(_examples(rule), (0, 0, 0, 2)),
    ]
    return Group(*parts)


def _narrow(prose: Text) -> RenderableType:
    table = Table.grid()
    table.add_column(max_width=_PROSE)
    table.add_row(prose)
    return table


def _facts(rule: Rule) -> list[tuple[str, str]]:
    looks = (*(path or "the whole order" for path in rule.applies_to), *(f"every {kind} field" for kind in rule.kinds))
    facts = [("says", rule.message), ("looks at", ", ".join(looks))]
    if rule.excepting:
        facts.append(("but not at", ", ".join(rule.excepting)))
    if rule.countries:
        facts.append(("only in", ", ".join(rule.countries)))
    if rule.orders:
        facts.append(("only for", ", ".join(rule.orders)))
    if rule.needs:
        facts.append(("silent without", ", ".join(rule.needs)))
    facts.append(("asks", _called(rule.check)))
    if rule.repair is None:
        facts.append(("does", "reports; only a person can know"))
    else:
        sure = f", confidence {rule.confidence:g}" if rule.confidence is not None else ""
        safe = rule.safety == "safe"
        facts.append(("does", "repairs what is certain, else suggests" if safe else f"suggests: {rule.doubt}"))
        facts.append(("mends by", _called(rule.repair) + sure))
    if rule.concerns:
        facts.append(("concerns", rule.concerns))
    facts.append(("cause", rule.cause))
    return facts


def _called(call: Call) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in call.parameters.items())
    return f"{call.name}({given})" if given else call.name


def _examples(rule: Rule) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for good in rule.examples.good:
        table.add_row(Text("· good", style="dim"), Text(_values(good)))
    for bad in rule.examples.bad:
        table.add_row(Text("✗ bad", style="red"), Text(_values(bad.given)))
        for sign, style, told in _outcomes(bad):
            table.add_row(Text(sign, style=style), Text(told, style=style))
    return table


def _outcomes(bad: BadExample) -> list[tuple[str, str, str]]:
    if bad.becomes:
        return [("✓ becomes", "green", _values(bad.becomes))]
    offers = [("? suggests", "bright_blue", _values(offer)) for offer in bad.suggests]
    return offers or [("  open", "dim", "a person must supply it")]


def _values(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{field}: {shown(value)}" for field, value in changes.items()) or "the proof's order as it is"
