"""`dq rules`: the rulebook listed, one rule's page, the proof of the examples, and a new rule's file."""

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dq_service.cli.options import Data, WrongUse, settings_of, unknown

if TYPE_CHECKING:
    from dq_service.engine.engine import Engine
    from dq_service.engine.rule import Rule
    from dq_service.engine.rulebook import Rulebook
    from dq_service.parsing.yaml import Problem
    from dq_service.settings import Settings

commands: Final = typer.Typer(
    help="The rules: what they are, and whether their examples hold.", no_args_is_help=True, rich_markup_mode=None
)

Code = Annotated[str, typer.Argument(metavar="CODE", help="A rule's code, as ADR021, or its name.")]


@commands.command("list")
def list_rules(data: Data = None) -> int:
    """All rules by subject, and what each may do."""
    from dq_service.cli.rule_page import listing
    from dq_service.cli.terminal import show as shown

    shown(listing(_rulebook(settings_of(data))))
    return 0


@commands.command("show")
def show_rule(code: Code, data: Data = None) -> int:
    """One rule: what, why, what it does, its examples."""
    from dq_service.cli.rule_page import own_page, page
    from dq_service.cli.terminal import show as shown
    from dq_service.engine.own_findings import OWN_FINDINGS

    own = next((one for one in OWN_FINDINGS if code in (one.code.lower(), one.code, one.name)), None)
    if own is not None:
        shown(own_page(own))
        return 0
    shown(page(_find(_rulebook(settings_of(data)), code)))
    return 0


@commands.command("test")
def prove_rules(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="One rule only.")] = "", data: Data = None
) -> int:
    """Proves the examples of all rules, or of one.

    Good orders stay silent, bad ones give exactly the finding and the repair promised.
    """
    from dq_service.app import open_reference
    from dq_service.build import bare
    from dq_service.engine.engine import Engine
    from dq_service.parsing.yaml import DocumentError

    settings = settings_of(data)
    started = time.monotonic()
    try:
        rulebook = _rulebook(settings)
    except DocumentError as error:
        own = [problem for problem in error.problems if Path(problem.file).name.startswith(f"{code}-")]
        return _told(own if code and own else error.problems, 0)
    rules = [_find(rulebook, code)] if code else list(rulebook.rules)
    engine = Engine(rulebook, bare(open_reference(settings)))
    problems = _proved(engine, rules)
    if problems:
        return _told(problems, len(rules))
    examples = sum(len(rule.examples.good) + len(rule.examples.bad) for rule in rules)
    many = "" if len(rules) == 1 else "s"
    print(f"{len(rules)} rule{many}, {examples} examples: all hold, {time.monotonic() - started:.1f} s")
    return 0


@commands.command("new")
def new_rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Three letters and three digits, as ADR061.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Reads as 'allow city-misspelled'.")],
    check: Annotated[
        str, typer.Option("--check", metavar="SUBJECT.FUNCTION", help="The check that the rule asks.")
    ] = "",
    subject: Annotated[
        str, typer.Option("--subject", metavar="FOLDER", help="The folder it stands in, where the code does not tell.")
    ] = "",
    data: Data = None,
) -> int:
    """Writes a new rule's file to fill in.

    `dq rules test CODE` then says what is missing.
    """
    from dq_service.cli.new_rule import folder_for, skeleton, taken

    settings = settings_of(data)
    text, subject = skeleton(code, name, check, subject, taken(settings))
    path = folder_for(settings, named=data is not None) / subject / f"{code}-{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise WrongUse(f"{path} is there already") from None
    print(f"{path}\nwhat is missing: dq rules test {code}; until it is whole, no order is checked with this rulebook")
    return 0


@commands.command("publish")
def publish(data: Data = None) -> int:
    """Puts rules and partners in force as their files are now.

    All rules are proved and all partners checked first; where anything is wrong, nothing is published. Every worker
    takes the new versions up within two seconds.
    """
    from dq_service.cli.publishing import publish as run

    return run(settings_of(data))


def _rulebook(settings: "Settings") -> "Rulebook":
    from dq_service.app import read_rulebook

    return read_rulebook(settings)


def _find(rulebook: "Rulebook", code: str) -> "Rule":
    by_code = rulebook.by_code
    found = by_code.get(code.upper()) or next((rule for rule in rulebook.rules if rule.name == code), None)
    if found is None:
        words = [*by_code, *(rule.name for rule in rulebook.rules)]
        raise unknown("rule", code, words, "dq rules list shows all")
    return found


def _proved(engine: "Engine", rules: "Sequence[Rule]") -> "list[Problem]":
    from dq_service.cli.terminal import progress
    from dq_service.engine.proof import prove, prove_rule

    problems = prove(engine, ())
    with progress("rules", len(rules)) as moved:
        for rule in rules:
            problems += prove_rule(engine, rule)
            moved(1)
    return problems


def _told(problems: "Iterable[Problem]", rules: int) -> int:
    told = list(problems)
    for problem in told:
        print(problem)
    where = f" in {rules} rules" if rules > 1 else ""
    print(f"{len(told)} problem{'' if len(told) == 1 else 's'}{where}", file=sys.stderr)
    return 1
