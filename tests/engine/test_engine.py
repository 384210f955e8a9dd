"""What the engine promises of any order, and how it tells verdict, action, outcomes and scores apart."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.engine import Engine
from dq_service.engine.proof import ORDER, differing, overlaid
from dq_service.engine.rule_text import read_rule
from dq_service.engine.rulebook import Rulebook
from dq_service.fields import leaves
from dq_service.finding import DIMENSIONS, Observation
from dq_service.intake.json_text import write
from dq_service.order import Order
from dq_service.partner import BUILT_IN, Override, Partner, Policy
from dq_service.result import Result

AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)
Checked = Callable[..., Result]

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
telling = st.sampled_from(
    [
        "",
        "N/A",
        "same",
        "Omaha, NE 68142",
        "NE",
        "68142.0",
        "5.13E+09",
        "Apt 4B",
        "#12 gate code",
        "Leave at door",
        "\u200b &amp; Ã©",
        "call 402-538-5759",
        "2026-12-02",
        "P.O. Box 12",
        "14205 Ida Stret",
        "OMHAA",
        "-1",
        "0",
    ]
)
paths = st.sampled_from(
    [path.replace("[*]", "[0]") for path, _ in leaves()] + ["ship_to", "ship_to.address", "items", "window", "stops"]
)
changes = st.dictionaries(paths, anything | telling, max_size=6)


def laid(over: dict[str, Any]) -> dict[str, Any]:
    """The clean order with values at paths, as far as the paths can be followed."""
    json = copy.deepcopy(ORDER)
    for path, value in over.items():
        try:
            json = Order(json).replacing({path: value}).json
        except ValueError:
            continue
    return json


@given(changes)
def test_any_order_gets_a_verdict_and_the_original_stays(examine: Checked, over: dict[str, Any]) -> None:
    order = laid(over)
    before = copy.deepcopy(order)
    result = examine(order)
    assert order == before
    assert result.verdict in ("review", "incomplete", "repaired", "clean")
    assert not [finding for finding in result.findings if finding.rule == "SYS001"]
    assert result.evaluated.complete
    assert json.loads(write(result.to_json()))["order"] == json.loads(json.dumps(result.order))


@given(changes)
def test_repair_is_idempotent(examine: Checked, over: dict[str, Any]) -> None:
    once = examine(laid(over))
    assert once.order is not None
    twice = examine(once.order)
    assert differing(once.order, twice.order) == []


@given(changes)
def test_repairs_lead_from_the_order_received_to_the_order_sent(examine: Checked, over: dict[str, Any]) -> None:
    received = laid(over)
    result = examine(received)
    back = Order(result.order or {})
    for repair in reversed(result.repairs):
        back = back.replacing({change.field: change.before for change in reversed(repair.changes)})
    assert differing(back.json, received) == []


@given(anything.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_rejected(examine: Checked, value: Any) -> None:
    result = examine(value, line=3)
    assert (result.verdict, result.action, result.order, result.line) == ("rejected", "refuse", None, 3)


def test_clean_order(check: Checked) -> None:
    result = check({})
    assert (result.verdict, result.action, result.hold, result.findings, result.repairs) == (
        "clean",
        "release",
        None,
        (),
        (),
    )
    assert result.score["overall"] == 1.0
    assert set(result.score) == {"overall", *DIMENSIONS}


def test_unknown_fields_survive(check: Checked) -> None:
    result = check({"their_own": {"deep": [1, None, {"x": "  y "}]}, "ship_to.address.city": "Omhaa"})
    assert result.order is not None
    assert result.order["their_own"] == {"deep": [1, None, {"x": "  y "}]}
    assert result.order["ship_to"]["address"]["city"] == "Omaha"


def test_repaired_order_says_how(check: Checked) -> None:
    result = check({"ship_to.address.city": "Omhaa"})
    assert (result.verdict, result.action) == ("repaired", "release")
    (repair,) = result.repairs
    assert (repair.rule, repair.changes[0].before, repair.changes[0].after) == ("ADR021", "Omhaa", "Omaha")
    assert repair.confidence >= 0.995
    assert "ship_to.address.postal_code" in repair.evidence_fields
    (finding,) = result.findings
    assert (finding.outcome, finding.message) == ("repaired", "no city 'Omhaa' in NE")
    validity = result.score["validity"]
    assert validity is not None
    assert validity < 1 == result.score_after["validity"]


def test_review_is_held_with_an_end(check: Checked) -> None:
    result = check({"ship_to.address.line1": "Ida Street"})
    assert (result.verdict, result.action) == ("review", "hold")
    assert result.hold is not None
    assert (result.hold.until, result.hold.then) == ("2026-12-01T20:00:00Z", "escalate")  # where: never let go by time
    assert result.hold.why == "no house number in 'Ida Street'"


def test_hold_ends_with_respond_by_and_cut_off(check: Checked) -> None:
    broken = {"ship_to.address.line1": "Ida Street"}
    soon = check({**broken, "respond_by": "2026-12-01T12:30:00-06:00"})
    assert soon.hold is not None
    assert soon.hold.until == "2026-12-01T18:30:00Z"
    partner = Partner(name="p", timezone="America/Chicago", cut_off=time(13, 0))
    cut = check(broken, partner=partner)
    assert cut.hold is not None
    assert cut.hold.until == "2026-12-01T19:00:00Z"


def test_policy_decides_the_action(check: Checked) -> None:
    partner = Partner(name="p", policy=Policy(review="refuse"))
    assert check({"ship_to.address.line1": "Ida Street"}, partner=partner).action == "refuse"
    lenient = Partner(name="p", policy=Policy(never_release=(), then="release"))
    held = check({"ship_to.address.line1": "Ida Street"}, partner=lenient)
    assert held.hold is not None
    assert held.hold.then == "release"


def test_warnings_alone_leave_an_order_clean(check: Checked) -> None:
    result = check({"channel": True})
    assert [finding.severity for finding in result.findings] == ["warning"]
    assert (result.verdict, result.action) == ("clean", "release")


def test_shadow_lists_repairs_and_applies_none(check: Checked) -> None:
    over = {"ship_to.address.city": "Omhaa"}
    result = check(over, partner=Partner(name="p", shadow=True))
    assert result.order == overlaid(over)
    assert result.order_if_applied is not None
    assert result.order_if_applied["ship_to"]["address"]["city"] == "Omaha"
    assert [finding.outcome for finding in result.findings] == ["shadowed"]
    assert (result.verdict, result.action) == ("repaired", "release")
    assert "order_if_applied" in result.to_json()
    assert "order_if_applied" not in check(over).to_json()


def test_override_changes_severity_and_shows_its_reason(check: Checked) -> None:
    override = Override(rule="ADR003", reason="rural route partner", severity="warning")
    result = check({"ship_to.address.line1": "Ida Street"}, partner=Partner(name="p", overrides=(override,)))
    (finding,) = result.findings
    assert (finding.severity, finding.note, result.verdict) == ("warning", "rural route partner", "clean")


def test_override_ends(check: Checked) -> None:
    override = Override(rule="ADR003", reason="r", off=True, until=datetime(2026, 12, 1, tzinfo=UTC))
    assert check({"ship_to.address.line1": "Ida Street"}, partner=Partner(name="p", overrides=(override,))).findings
    still = replace(override, until=datetime(2026, 12, 2, tzinfo=UTC))
    assert not check({"ship_to.address.line1": "Ida Street"}, partner=Partner(name="p", overrides=(still,))).findings


def test_apply_at_may_be_raised(check: Checked) -> None:
    result = check({"ship_to.address.postal_code": 68142}, partner=Partner(name="p", apply_at=1.0))
    assert [finding.outcome for finding in result.findings if finding.rule == "TYP001"] == ["suggested"]


def test_deadline_leaves_rules_unevaluated_and_says_so(check: Checked) -> None:
    calls = iter(range(10_000))
    result = check({}, expired=lambda: next(calls) >= 3)
    assert result.verdict == "incomplete"
    assert result.action == "release"
    assert result.evaluated.missing
    assert not result.evaluated.complete
    assert {finding.outcome for finding in result.findings} == {"not_evaluated"}
    assert {finding.rule for finding in result.findings} == set(result.evaluated.missing)


def test_rule_without_its_source_is_silent(check: Checked) -> None:
    result = check({"items[0].sku": "NO-SUCH-THING"})
    assert result.findings == ()
    assert result.evaluated.missing == ()


BROKEN = b"""
code: TXT999
name: breaks
why: It breaks.
message: broken
dimension: validity
severity: error
concerns: where
stage: judge
applies_to: [ship_to.address]
check: {broken.check: {}}
examples:
  good: [{ship_to.address.city: Omaha}]
  bad: [{given: {ship_to.address.city: Omhaa}}]
"""


def broken_module() -> ModuleType:
    module = ModuleType("broken")
    exec(  # a subject of its own, as a module in checks/ would be
        "def check(part, context):\n    raise KeyError(part.text('city'))\n",
        module.__dict__,
    )
    return module


def test_rule_that_breaks_is_sys001(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    subjects = {**engine.rulebook.subjects, "broken": broken_module()}
    rule = read_rule(BROKEN, "rules/text/TXT999-breaks.yaml", "text", subjects)
    book = Rulebook((*engine.rulebook.rules, rule), "sha256:test", subjects, {})
    result = Engine(book, engine.reference).check(overlaid({"ship_to.address.city": "OMAHA"}), as_of=AS_OF)
    (finding,) = result.findings
    assert (finding.rule, finding.name, finding.outcome, finding.cause) == (
        "SYS001",
        "rule-broke",
        "not_evaluated",
        "engine",
    )
    assert finding.field == "ship_to.address"
    assert (result.verdict, result.evaluated.missing) == ("incomplete", ("TXT999",))
    assert "TXT999" in caplog.text
    assert "OMAHA" not in caplog.text  # a trace must not carry the order


def test_a_look_that_breaks_leaves_the_rules_of_all_stages_unevaluated(engine: Engine) -> None:
    module = ModuleType("country")
    module.__dict__.update(vars(engine.rulebook.subjects["country"]))
    exec("def marks(part, context):\n    raise KeyError\n", module.__dict__)
    book = replace(engine.rulebook, subjects={**engine.rulebook.subjects, "country": module})
    result = Engine(book, engine.reference).check(overlaid({"ship_to.address.country": "U.S.A."}), as_of=AS_OF)
    asked = [rule for rule in book.rules if rule.check.subject == "country" and not rule.needs]
    assert {rule.stage for rule in asked} == {"arrange", "resolve"}
    assert set(result.evaluated.missing) == {rule.code for rule in asked}


def test_two_rules_that_want_different_values_make_two_suggestions(engine: Engine) -> None:
    def rule(code: str, name: str) -> bytes:
        return (
            BROKEN.replace(b"TXT999", code.encode())
            .replace(b"breaks", name.encode())
            .replace(b"judge", b"resolve")
            .replace(
                b"check: {broken.check: {}}",
                b"check: {broken.check: {}}\nrepair: {broken.repair_%s: {}}\n" % name.encode()
                + b"safety: safe\nconfidence: 0.999",
            )
        )

    module = ModuleType("broken")
    namespace = SimpleNamespace(Observation=Observation)
    module.__dict__.update(vars(namespace))
    exec(
        "from dq_service.finding import Candidate\n"
        "def check(part, context):\n"
        "    return (Observation(part.field('city'), 'X'),) if part.text('city') == 'X' else ()\n"
        "def repair_one(seen, part, context):\n    return (Candidate({seen.field: 'One'}),)\n"
        "def repair_two(seen, part, context):\n    return (Candidate({seen.field: 'Two'}),)\n",
        module.__dict__,
    )
    subjects = {"broken": module}
    rules = tuple(
        read_rule(rule(code, name), f"rules/text/{code}-{name}.yaml", "text", subjects)
        for code, name in (("TXT998", "one"), ("TXT999", "two"))
    )
    book = Rulebook(rules, "sha256:test", subjects, {})
    result = Engine(book, engine.reference).check(overlaid({"ship_to.address.city": "X"}), as_of=AS_OF)
    assert [(f.rule, f.outcome, dict(f.suggestions[0].changes)) for f in result.findings] == [
        ("TXT998", "suggested", {"ship_to.address.city": "One"}),
        ("TXT999", "suggested", {"ship_to.address.city": "Two"}),
    ]
    assert result.repairs == ()


def test_score_is_of_rules_that_apply(check: Checked) -> None:
    alone = check({"window": None, "items": [], "instructions": None})
    assert alone.score["uniqueness"] is None


def test_number_as_order_id_is_received_and_sent(check: Checked) -> None:
    result = check({"order_id": 100042})
    assert (result.received_id, result.order_id) == ("100042", "100042")


def test_hold_max_is_the_partners(check: Checked) -> None:
    partner = Partner(name="p", policy=Policy(hold_max=timedelta(minutes=30)))
    held = check({"ship_to.address.line1": "Ida Street"}, partner=partner)
    assert held.hold is not None
    assert held.hold.until == "2026-12-01T18:30:00Z"
    assert check({}, partner=BUILT_IN).hold is None


def test_weights_of_dimensions_count(check: Checked) -> None:
    over = {"ship_to.address.line1": "Ida Street"}
    plain, weighed = check(over), check(over, partner=Partner(name="p", weights={"completeness": 0.0}))
    assert plain.score["overall"] is not None
    assert weighed.score["overall"] == 1.0 > plain.score["overall"]


def test_damaged_row_is_only_offered_repairs(check: Checked) -> None:
    over = {"ship_to.address.city": "Omhaa"}
    result = check(over, partner=Partner(name="p"), doubt="a cell too many")
    assert (result.verdict, result.action, result.repairs) == ("review", "hold", ())
    assert result.order == overlaid(over)
    told = [(finding.rule, finding.outcome) for finding in result.findings]
    assert told == [("SYS003", "open"), ("ADR021", "suggested")]
    assert result.hold is not None
    assert result.hold.then == "escalate"


def test_partner_named_is_the_partner_answered(check: Checked) -> None:
    assert check({}, named="nobody").partner == "nobody"
    assert check({}).partner == "proof"


@pytest.mark.parametrize("kind", ["delivery", "Delivery", "DELIVERY", "", "sale"])
def test_a_kind_in_another_dress_switches_nothing_off(check: Checked, kind: str) -> None:
    assert "ADR001" in {finding.rule for finding in check({"kind": kind, "ship_to.address": None}).findings}


def test_late_rules_are_those_that_apply(check: Checked) -> None:
    result = check({}, expired=lambda: True)
    assert "ADR003" in result.evaluated.missing
    assert "ADR071" not in result.evaluated.missing  # Canada's


def test_deadline_after_the_first_walk_leaves_what_was_asked(check: Checked) -> None:
    calls = iter(range(10_000))
    whole = check({"ship_to.address.city": "Omhaa"}, expired=lambda: next(calls) < 0)
    used = next(calls)
    calls = iter(range(10_000))
    late = check({"ship_to.address.city": "Omhaa"}, expired=lambda: next(calls) >= used - 2)
    assert whole.evaluated.complete
    assert late.repairs == whole.repairs
    assert 0 < len(late.evaluated.missing) < 90


@pytest.mark.parametrize("value", ["14205 Ida Street, Omaha, NE 68142", 5, [1], True, 1.5])
@pytest.mark.parametrize("path", ["ship_to", "ship_to.address", "items", "window", "source", "totals", "stops"])
def test_what_is_no_object_is_never_repaired_to_text(check: Checked, path: str, value: Any) -> None:
    result = check({path: value})
    assert result.order is not None
    assert Order(result.order).at(path) == value
    assert {finding.rule for finding in result.findings} & {"TYP006", "TYP007", "TYP008"} or isinstance(value, list)


def test_a_code_in_a_line_is_not_repeated_in_words(check: Checked) -> None:
    result = check({"ship_to.address.line1": "14205 Ida Street # 4521 gate code", "ship_to.address.line2": ""})
    assert result.findings
    assert not [finding.message for finding in result.findings if "4521" in finding.message]
