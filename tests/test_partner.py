"""A partner's file: its defaults, its mistakes, its overrides and their end."""

import pickle
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from dq_service.parsing.record import duration, iso_duration, json_schema, walk
from dq_service.parsing.yaml import DocumentError, read
from dq_service.partner import BUILT_IN, KEYS, Partner, Partners, Policy, Retention, check_codes, load

EXAMPLES = Path(__file__).parents[1] / "reference_data" / "partners"
BENCH = r"""
name: acme
po_boxes: false
order_id: 'ACME-\d{6}'
catalog: acme
required: [ship_to.name, ship_to.contact, items, window]
instructions_required: [unit]
shadow: false
"""


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load(text, "acme.yaml")
    return [line.removeprefix("acme.yaml:") for line in str(caught.value).splitlines()]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_contracts_partner() -> None:
    partner = load(BENCH, "acme.yaml")
    assert partner.order_id is not None
    assert partner.order_id.matches("ACME-100042")
    assert (partner.name, partner.po_boxes, partner.catalog, partner.shadow) == ("acme", False, "acme", False)
    assert partner.required == ("ship_to.name", "ship_to.contact", "items", "window")
    assert partner.instructions_required == ("unit",)
    assert partner.policy == Policy()


def test_a_name_alone_is_the_built_in_partner_with_a_name() -> None:
    partner = load("name: x", "x.yaml")
    assert partner == Partner(name="x")
    assert (BUILT_IN.required, BUILT_IN.instructions_required, BUILT_IN.overrides) == ((), (), ())
    assert (BUILT_IN.order_id, BUILT_IN.po_boxes, BUILT_IN.catalog, BUILT_IN.apply_at) == (None, True, "", 0.995)
    assert partner.policy == Policy("hold", timedelta(hours=2), "release", None, "release", "refuse", "release")


def test_every_key_is_read() -> None:
    partner = load(
        """
name: full
profile: shopify
timezone: America/Denver
date_format: DMY
language: fr-CA
appointments: true
cut_off: 16:30
apply_at: 0.999
gtin_is_key: true
catalog_complete: false
weights: {validity: 2}
sensitive_items: true
retention: P90D
destinations: [{name: hub}]
service_area: {states: [NE, IA]}
policy: {review: refuse, hold_max: PT90M, then: escalate, never_release: [], incomplete: hold, shadow: hold}
""",
        "full.yaml",
    )
    assert (partner.profile, partner.timezone, partner.date_format, partner.language) == (
        "shopify",
        "America/Denver",
        "DMY",
        "fr-CA",
    )
    assert (partner.appointments, partner.cut_off, partner.apply_at) == (True, time(16, 30), 0.999)
    assert (partner.gtin_is_key, partner.catalog_complete, partner.sensitive_items) == (True, False, True)
    assert partner.weights == {"validity": 2.0}
    assert partner.retention == Retention(timedelta(days=90))
    assert partner.destinations == [{"name": "hub"}]
    assert partner.service_area == {"states": ["NE", "IA"]}
    assert partner.policy == Policy("refuse", timedelta(minutes=90), "escalate", (), "hold", "refuse", "hold")


def test_orders_are_kept_by_channel() -> None:
    assert load("name: acme", "acme.yaml").retention == Retention()
    by_channel = load("name: acme\nretention: {default: P365D, shopify: P90D}", "acme.yaml").retention
    assert by_channel == Retention(timedelta(days=365), {"shopify": timedelta(days=90)})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("po_boxs: false", "no key 'po_boxs'; did you mean 'po_boxes'?"),
        ("po_boxes: no", "po_boxes wants true or false, not 'no'"),
        ("required: [ship_to.nme]", "'ship_to.nme' is not known here; did you mean 'ship_to.name'?"),
        ("order_id: 'A(?=b)'", "order_id: pattern 'A(?=b)': look-ahead and look-behind are not supported ((?=)"),
        ("timezone: America/Chicgo", "timezone: no time zone 'America/Chicgo'; did you mean 'America/Chicago'?"),
        ("timezone: ../etc/passwd", "timezone: no time zone '../etc/passwd'"),
        ("date_format: DYM", "'DYM' is none of DMY, MDY, YMD; did you mean 'DMY'?"),
        ("apply_at: 0.9", "apply_at wants a number from 0.995 to 1, not 0.9"),
        ("cut_off: 25:00", "cut_off: '25:00' is no time of day; write 16:30"),
        ("language: English", "language: 'English' is no language; write en, fr or fr-CA"),
        ("retention: P1Y", "retention: 'P1Y': years and months have no fixed length; give days, as P365D"),
        ("retention: P", "retention: 'P' is no duration; write PT2H, PT90M or P1D"),
        ("retention: PT1H", "retention: 'PT1H' is less than two days; write P90D"),
        ("retention: {shopify: P1}", "shopify: 'P1' is no duration; write PT2H, PT90M or P1D"),
        ("retention: [P90D]", "retention wants a text, not a list"),
        ("catalog: 12", 'catalog wants a text, not 12; put it in quotes: "12"'),
        ("weights: {validty: 1}", "no key 'validty'; did you mean 'validity'?"),
        ("weights: {validity: -1}", "validity wants a number of at least 0, not -1"),
        (
            "weights: {completeness: 0, validity: 0, consistency: 0, conformity: 0, uniqueness: 0, timeliness: 0}",
            "weights are all 0; one at least must count",
        ),
        ("policy: {then: hold}", "'hold' is none of release, refuse, escalate"),
        ("policy: {revew: hold}", "no key 'revew'; did you mean 'review'?"),
        (
            "policy: {hold_max: PT0S}",
            "hold_max: a hold of no length; write PT2H, or release or refuse instead of hold",
        ),
        ("policy: hold", "policy wants keys of its own: {key: value}, not 'hold'"),
        ("overrides: [{rule: ADR021, off: true}]", "key 'reason' is missing"),
        ("overrides: [{rule: ADR021, off: true, reason: ''}]", "key 'reason' is empty"),
        (
            "overrides: [{rule: ADR021, reason: x}]",
            "the override changes nothing; give severity, parameters or off: true",
        ),
        (
            "overrides: [{rule: A1, reason: x, off: true}, {rule: A1, reason: x, severity: info}]",
            "a second override of A1; put both into one",
        ),
        (
            "overrides: [{rule: A1, reason: x, off: true, until: soon}]",
            "until: 'soon' is no date; write 2027-03-31",
        ),
        (
            "overrides: [{rule: A1, reason: x, off: true, until: 2026-12-01T10:00:00}]",
            "until: '2026-12-01T10:00:00' has no offset; write 2027-03-31, or 2027-03-31T18:00:00-06:00",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(line: str, problem: str) -> None:
    assert problems(f"name: acme\n{line}\n") == [f"2: {problem}"]


def test_a_name_is_needed_and_is_no_path() -> None:
    assert problems("shadow: true") == ["1: key 'name' is missing"]
    [problem] = problems("name: ../acme")
    assert problem.startswith("1: name: '../acme' is no name")


def test_all_mistakes_of_a_file_come_at_once() -> None:
    assert problems("name: acme\nshadow: yes\nshadow: no\npolicy:\n  review: holds\n  x: 1\noverrides: [hello]\n") == [
        "2: shadow wants true or false, not 'yes'",
        "3: key 'shadow' stands twice; first on line 2",
        "5: 'holds' is none of release, hold, refuse; did you mean 'hold'?",
        "6: no key 'x'; known here: review, hold_max, then, never_release, incomplete, rejected, shadow, "
        "priority",
        "7: overrides wants a list of mappings, not 'hello'",
    ]


OVERRIDES = """
name: acme
timezone: America/Chicago
overrides:
  - {rule: ADR021, severity: warning, reason: a known list, until: 2026-12-01}
  - {rule: ADR022, off: true, reason: their own codes}
  - {rule: ADR023, parameters: {days: 90}, reason: trial, until: "2026-12-01T12:00:00Z"}
  - {rule: ADR024, off: true, reason: for ever, until: 9999-12-31}
  - {rule: ADR025, off: true, reason: long ago, until: 0001-01-01}
"""


@pytest.mark.parametrize(
    ("as_of", "expired"),
    [
        ("2026-12-01T11:59:59+00:00", ["ADR025"]),
        ("2026-12-01T12:00:00+00:00", ["ADR023", "ADR025"]),
        ("2026-12-02T05:59:59+00:00", ["ADR023", "ADR025"]),  # still 1 December in Chicago
        ("2026-12-02T06:00:00+00:00", ["ADR021", "ADR023", "ADR025"]),
    ],
)
def test_an_override_ends_and_never_stops_a_load(as_of: str, expired: list[str]) -> None:
    partner = load(OVERRIDES, "acme.yaml")
    assert [one.rule for one in partner.expired(at(as_of))] == expired
    applying = [one.rule for one in partner.overrides_at(at(as_of))]
    assert sorted(applying + expired) == [one.rule for one in partner.overrides]


def test_an_override_says_what_it_changes() -> None:
    first, second, third = load(OVERRIDES, "acme.yaml").overrides[:3]
    assert (first.severity, first.off, first.parameters) == ("warning", False, {})
    assert (second.severity, second.off) == (None, True)
    assert third.parameters == {"days": 90}
    assert hash(third) != hash(first)  # a plan is kept by the overrides that apply


def test_codes_that_no_rule_has_are_named_with_their_line() -> None:
    partner = load(OVERRIDES + "policy:\n  never_release:\n    - ADR021\n    - ADR201\n", "acme.yaml")
    known = {"ADR021", "ADR022", "ADR023", "ADR024", "ADR052"}
    assert [str(problem) for problem in check_codes(partner, known)] == [
        "acme.yaml:9: no rule 'ADR025'",
        "acme.yaml:13: no rule 'ADR201'; did you mean 'ADR021'?",
    ]
    assert check_codes(BUILT_IN, known) == ()


def test_the_examples_that_ship_are_partners() -> None:
    partners = Partners.load(EXAMPLES)
    assert sorted(partners) == ["acme", "meadowlark-pharmacy", "northbound-freight"]
    assert partners["acme"] == load(BENCH, "acme.yaml")
    assert pickle.loads(pickle.dumps(partners)) == partners


def test_a_folder_names_all_its_problems_and_its_version_follows_its_files(tmp_path: Path) -> None:
    assert dict(Partners.load(tmp_path / "none")) == {}
    (tmp_path / "a.yaml").write_text("name: a\n")
    before = Partners.load(tmp_path)
    assert before.version.startswith("sha256:")
    (tmp_path / "a.yaml").write_text("name: a\nshadow: true\n")
    assert Partners.load(tmp_path).version != before.version
    (tmp_path / "b.yaml").write_text("name: c\n")
    (tmp_path / "d.yml").write_text("name: d\n")
    (tmp_path / "e.yaml").write_bytes(b"\xff")
    (tmp_path / "f.yaml").write_text("#" * 300_000)
    with pytest.raises(DocumentError) as caught:
        Partners.load(tmp_path)
    assert [(Path(one.file).name, one.message) for one in caught.value.problems] == [
        ("b.yaml", "partner 'c' belongs in c.yaml"),
        ("d.yml", "partner 'd' belongs in d.yaml"),
        ("e.yaml", "the file is not UTF-8"),
        ("f.yaml", "the file has more than 262,144 bytes"),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT2H", 7200), ("P1D", 86400), ("PT90M", 5400), ("P2W", 1209600), ("P1DT1S", 86401)]
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)
    assert duration(iso_duration(duration(text))) == duration(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "2H", "PT2", "-PT2H", "P1M", "P999999999999D", "pt2h"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|fixed length|too long"):
        duration(text)


# The description: what is read, documented and put into the schema is one.


def test_every_key_says_what_it_means() -> None:
    assert all(key.meaning and key.kind.words for _, key in walk(KEYS))
    shown = {path: key.shown for path, key in walk(KEYS) if not key.required}
    assert (shown["policy.hold_max"], shown["apply_at"], shown["po_boxes"]) == ("PT2H", 0.995, True)


def test_the_schema_takes_the_examples_and_refuses_a_typo() -> None:
    schema = json_schema(Partner, "A partner")
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator(schema)
    for path in EXAMPLES.glob("*.yaml"):
        assert list(checker.iter_errors(read(path.read_bytes(), path.name).value)) == []
    assert len(list(checker.iter_errors({"name": "x", "po_boxs": False, "policy": {"then": "hold"}}))) == 2
