"""Every rule that ships is proved by its own examples, with the whole rulebook."""

import pytest

from dq_service.checks import SUBJECTS
from dq_service.engine.engine import Engine
from dq_service.engine.proof import ORDER, prove, prove_rule
from dq_service.engine.rule import Rule
from dq_service.engine.rule_text import functions_of
from dq_service.engine.rulebook import Rulebook, load
from dq_service.reference.resolution import SlipKind
from dq_service.reference.whereabouts import rules_folder

RULES = load([rules_folder()], SUBJECTS).rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")
def test_examples_prove_the_rule(engine: Engine, rule: Rule) -> None:
    assert [str(problem) for problem in prove_rule(engine, rule)] == []


def test_clean_order_is_clean(engine: Engine) -> None:
    assert ORDER
    assert prove(engine, []) == []


def test_every_subject_of_the_contract_has_rules(rulebook: Rulebook) -> None:
    subjects = {rule.subject for rule in rulebook.rules}
    assert subjects >= {"types", "text", "address", "contact", "items", "schedule", "status", "instructions"}
    assert len(rulebook.rules) >= 45


def test_every_public_check_is_named_by_a_rule(rulebook: Rulebook) -> None:
    named = {call.name for rule in rulebook.rules for call in (rule.check, rule.repair) if call}
    functions = {f"{subject}.{name}" for subject, module in SUBJECTS.items() for name in functions_of(module)}
    assert functions - named - {f"{subject}.marks" for subject in SUBJECTS} == set()


def test_every_slip_of_the_resolver_has_its_rule(rulebook: Rulebook) -> None:
    told = {
        kind
        for rule in rulebook.rules
        if rule.check.name in ("place.slip", "place.noted")
        for kind in rule.check.parameters["kinds"]
    }
    assert told == set(SlipKind.__args__)  # type: ignore[attr-defined]


def test_marks_of_a_rule_are_those_that_its_subject_gives(rulebook: Rulebook) -> None:
    """A rule behind a mark that nothing sets would never speak."""
    for rule in rulebook.rules:
        if rule.marks:
            for pattern in rule.applies_to or ("",):
                subject = rulebook.looker(rule.check.subject, pattern) if rule.applies_to else rule.check.subject
                assert rulebook.marker(subject), f"{rule.code} waits for marks that {subject} never gives"


def test_rules_of_the_whole_order_name_what_they_read() -> None:
    """One that does not is asked again after every repair."""
    assert [rule.code for rule in RULES if "" in rule.applies_to and not rule.reads] == []
