"""A profile's file: what is read from it, what is wrong with it and on which line, and how its samples prove it."""

import json
import re
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest

from dq_service.docs import profile_page
from dq_service.intake.expression import FUNCTIONS, Reader, Unfit, expression
from dq_service.intake.profile import FIELD_KEYS, KEYS, SAMPLE_KEYS, load
from dq_service.intake.profile_proof import problems, prove
from dq_service.intake.profiles import Profiles, texts_in
from dq_service.parsing.reader import reader
from dq_service.parsing.yaml import DocumentError
from dq_service.reference.whereabouts import profiles_folder

PLAIN = """\
name: nova
about: a shop of our own
orders: [orders, "@"]
fields:
  order_id: no
  status: {from: state, map: {done: delivered}, constant: created}
  ship_to.name: [to.full, "words(to.first, to.last)"]
  items:
    each: lines
    fields: {sku: code, quantity: n}
samples:
- name: one
  payload: {no: 7, state: done, to: {first: Ada, last: Osei}, lines: [{code: A, n: 2}]}
  gives:
  - order_id: "7"
    status: delivered
    ship_to.name: Ada Osei
    items[0].quantity: 2
    bill_to: null
"""


def said(text: str, file: str = "nova.yaml") -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load(text, file)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_a_file_is_read() -> None:
    profile = load(PLAIN, "nova.yaml")
    by_field = {one.field: one for one in profile.fields}
    assert profile.orders == ("orders", "@")
    assert by_field["order_id"].from_ == ("no",)
    assert by_field["status"].map == {"done": "delivered"}
    assert by_field["status"].constant == "created"
    assert [one.field for one in by_field["items"].fields] == ["sku", "quantity"]
    assert by_field["items"].line == 8
    assert prove([profile]) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("order_id: no", "orderid: no", "5: no field 'orderid' in the order; did you mean 'order_id'?"),
        ("order_id: no", "ship_to: no", "5: ship_to is an object; name its fields, as ship_to.name"),
        ("order_id: no", "order_id: 'a['", "5: order_id: it is no JMESPath: it breaks at its end"),
        ("order_id: no", "order_id: 'a..b'", "5: order_id: it is no JMESPath: it breaks at character 3"),
        ("order_id: no", "order_id: upper(no)", "5: order_id: there is no function upper()"),
        ("order_id: no", "order_id: {map: {a: b}}", "5: order_id comes from nowhere; give from or constant"),
        (
            "order_id: no",
            "order_id: 7",
            "5: order_id wants an expression, a list of them, or a mapping with from, each",
        ),
        ("order_id: no", "order_id: {frm: no}", "5: no key 'frm'; did you mean 'from'?"),
        ("done: delivered", "done: deliverd", "6: status: 'deliverd' is not known here; did you mean 'delivered'?"),
        ("constant: created", "constant: new", "6: status: 'new' is not known here"),
        ("    each: lines\n", "", "8: items wants both: each, where the entries stand, and fields"),
        ("{sku: code, quantity: n}", "{skuu: code}", "10: no field 'skuu' in the order; did you mean 'sku'?"),
        ("  items:", "  order_id.x:", "8: no field 'order_id.x' in the order"),
        ("  items:", "  service.extras:", "8: service.extras is no list of objects"),
        ('[orders, "@"]', '[orders, "@("]', "3: orders: it is no JMESPath"),
        ("name: nova", "name: nov", "1: profile 'nov' belongs in nov.yaml"),
        ("about: a shop of our own", "format: xml", "2: 'xml' is none of json, csv"),
        ("- name: one", "- nam: one", "12: key 'name' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, problem: str) -> None:
    assert old in PLAIN
    assert any(one.startswith(problem) for one in said(PLAIN.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('order_id: "7"', 'order_id: "8"', '15: sample \'one\': order_id is "7", not "8"'),
        ("bill_to: null", "ship_to: null", "19: sample 'one': ship_to is {"),
        ("status: delivered\n", "status: returned\n", '16: sample \'one\': status is "delivered", not "returned"'),
        (
            "  gives:\n  - order_id",
            "  gives:\n  - order_id: '7'\n  - order_id",
            "12: sample 'one': 1 order came of it, not 2",
        ),
        ("  gives:", "  answers_for: [order_id]\n  gives:", "12: sample 'one': the partner answers for order_id"),
        ("  gives:", "  refused: true\n  gives:", "12: sample 'one': 1 order came of it, and it is to be refused"),
        ("{no: 7,", "{nu: 7,", "15: sample 'one': order_id is absent"),
    ],
)
def test_a_sample_that_does_not_hold_is_told_with_its_line(old: str, new: str, problem: str) -> None:
    assert old in PLAIN
    wrong = prove([load(PLAIN.replace(old, new, 1), "nova.yaml")])
    assert any(f"{one.line}: {one.message}".startswith(problem) for one in wrong)


def test_the_profiles_that_ship_hold() -> None:
    profiles = Profiles(texts_in(profiles_folder()))
    assert {"amazon", "shopify", "woocommerce"} <= set(profiles)
    assert problems(profiles, profiles) == []


def test_a_folder_is_laid_over_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "shopify.yaml").write_text(PLAIN.replace("name: nova", "name: shopify"), "utf-8")
    (tmp_path / "nova.yaml").write_text(PLAIN, "utf-8")
    profiles = Profiles(texts_in(profiles_folder()), texts_in(tmp_path))
    assert profiles["shopify"].about == "a shop of our own"
    assert [name for name in profiles if profiles.is_own(name)] == ["nova", "shopify"]
    assert profiles["amazon"].name == "amazon"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("words('a', null, b, c)", "a 1"),
        ("lines(list)", "x\n2"),
        ("words(c)", None),
        ("total(list[1], '1.10', money[].amount)", 6.35),
        ("total(list)", None),
        ("total(c)", None),
        ("total('1e400')", None),
        ("utc('2026-12-01T09:00:00')", "2026-12-01T09:00:00Z"),
        ("utc('2026-12-01T09:00:00-06:00')", "2026-12-01T09:00:00-06:00"),
        ("utc(c)", None),
    ],
)
def test_functions_of_our_own(text: str, value: object) -> None:
    payload = {"b": 1, "c": None, "list": ["x", 2], "money": [{"amount": "1.25"}, {"amount": 2}]}
    assert Reader().value(expression(text.replace("null", "`null`")), payload)[0] == value
    assert all(FUNCTIONS.values())


def test_reads_are_noted_and_conditions_are_not() -> None:
    payload = {"a": {"b": 1}, "list": [{"k": "x", "v": 1}, {"k": "y", "v": 2}], "flag": True}

    def read(text: str) -> list[object]:
        return [step for _, step in Reader().value(expression(text), payload)[1]]

    assert read("a.b") == ["a", "b"]
    assert read("list[?k=='y'].v | [0]") == ["list", "v", 0]
    assert read("flag && a.b") == ["a", "b"]
    assert read("!flag || a.b") == ["a", "b"]
    with pytest.raises(Unfit):
        read("join(' ', flag)")


CSV = dedent("""\
    name: nova
    about: a table
    format: csv
    fields:
      order_id: [Ref, Order]
      ship_to.name: {from: [First, Last], join: true}
      status: {from: State, map: {done: delivered}}
      channel: {constant: web}
      items[*].sku: Code
      items[*].quantity: Pieces
    samples:
    - name: two rows are one order
      payload: |
        Order,First,Last,State,Code,Pieces,Colour
        7,Ada,Osei,done,A,2,red
        7,Ada,Osei,done,B,1,blue
        8,Bo,Lind,lost,A,1,red
      gives:
      - {order_id: "7", ship_to.name: Ada Osei, status: delivered, channel: web, "items[1].sku": B, extra.State: done,
         "items[1].extra.Colour": blue}
      - {order_id: "8", status: lost, extra.Colour: red}
      answers_for: [status, channel]
    """)


def test_a_table_has_a_profile_too() -> None:
    assert prove([load(CSV, "nova.yaml")]) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("items[*].sku: Code", "items: {each: x, fields: {sku: y}}", "9: items: in a table each is not needed"),
        ("format: csv", "format: csv\norders: x", "4: orders is of JSON payloads"),
        ("items[*].sku: Code", "items[*].skuu: Code", "9: no field 'items[*].skuu'"),
    ],
)
def test_what_is_wrong_in_a_tables_profile(old: str, new: str, problem: str) -> None:
    assert any(one.startswith(problem) for one in said(CSV.replace(old, new, 1)))


def test_the_profile_of_the_documentation_holds_and_every_key_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "profiles.md"
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert prove([load(block, "nova.yaml")]) == []
    told = profile_page()
    assert all(f"| `{key.name}` |" in told for key in (*KEYS, *FIELD_KEYS, *SAMPLE_KEYS))
    assert all(f"| `{name}()` |" in told for name in FUNCTIONS)
    assert (page.parent / "profile.md").read_text("utf-8") == told


def test_editors_check_a_profile_with_its_schema() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "profile.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for file, text in texts_in(profiles_folder()).items():
        jsonschema.validate(reader(text, file).document.value, schema)
