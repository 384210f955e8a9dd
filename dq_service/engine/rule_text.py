"""One rule's YAML read into a rule: what is missing or wrong is named with its line and the nearest good spelling."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, get_args

from dq_service.engine.rule import STAGES, BadExample, Call, Concern, Examples, Rule, Safety, World
from dq_service.fields import Kind, parse_path, shape_at
from dq_service.finding import DIMENSIONS, Cause, Severity
from dq_service.parsing.customer import KINDS
from dq_service.parsing.reader import Reader, did_you_mean, reader
from dq_service.parsing.yaml import Document

SUBJECT_FOLDERS: Final = (
    "types", "text", "address", "contact", "items", "schedule", "status", "instructions", "duplicates",
)  # fmt: skip
WHOLE_ORDER: Final = "order"
COUNTRIES: Final = ("US", "CA")
LOOKS: Final = ("marks", "spared")  # what a subject tells the plan; no rule names them

Compiled = dict[str, tuple[Any, dict[tuple[str | int, ...], int]]]  # sha256 of a text -> its value and lines


def read_rule(
    raw: bytes, file: str, subject: str, subjects: Mapping[str, ModuleType], compiled: Compiled | None = None
) -> Rule:
    """One rule from its YAML. Raises DocumentError with everything that is missing or wrong, by line."""
    known = (compiled or {}).get(hashlib.sha256(raw).hexdigest())
    if known is not None:
        document = Document(file, known[0], known[1])
        of = Reader(document, known[0], (), [])
    else:
        of = reader(raw, file)
    of.require("code", "name", "why", "message", "dimension", "severity", "stage", "check", "examples")
    if "applies_to" not in of and "kinds" not in of:
        of.problem("key 'applies_to' is missing: the parts of an order that the rule looks at")
    if subject not in SUBJECT_FOLDERS:
        of.problem(f"the rule stands in folder '{subject}'{did_you_mean(subject, SUBJECT_FOLDERS)}")
    stage = of.one_of("stage", STAGES)
    asking = "safety" in of and isinstance(of.given("safety"), dict)
    doubt = ""
    safety: Safety = "ask"
    if asking:
        inner = of.mapping("safety")
        inner.require("ask")
        doubt = inner.text("ask")
        inner.close()
    elif "repair" in of:
        of.require("safety")
        if "safety" in of:
            safety = of.one_of("safety", ("safe",))
    confidence = of.number("confidence", -1.0, 0.0, 1.0) if "confidence" in of else None
    rule = Rule(
        code=of.text("code"),
        name=of.text("name"),
        why=of.text("why").strip(),
        message=of.text("message"),
        dimension=of.one_of("dimension", DIMENSIONS),
        severity=of.one_of("severity", get_args(Severity)),
        stage=stage,
        applies_to=_patterns(of, "applies_to"),
        kinds=of.some_of("kinds", get_args(Kind)),
        excepting=of.texts("excepting"),
        countries=of.some_of("countries", COUNTRIES),
        orders=of.some_of("orders", KINDS),
        needs=of.texts("needs"),
        marks=of.texts("marks"),
        reads=_patterns(of, "reads"),
        concerns=of.one_of("concerns", get_args(Concern)) if "concerns" in of else None,
        cause=of.one_of("cause", get_args(Cause), "partner"),
        check=_call(of, "check", ("part", "context"), subjects) or Call("", {}),
        repair=_call(of, "repair", ("seen", "part", "context"), subjects),
        safety=safety,
        doubt=doubt,
        confidence=confidence,
        masks=of.flag("masks"),
        examples=_examples(of),
        file=file,
        subject=subject,
    )
    _sensible(of, rule, file)
    of.finish()
    return rule


def _sensible(of: Reader, rule: Rule, file: str) -> None:
    stem = f"{rule.code}-{rule.name}"
    if Path(file).stem != stem and rule.code and rule.name:
        of.problem(f"the file wants the name {stem}.yaml", "code")
    if rule.kinds and rule.stage != "tidy":
        of.problem("a rule for kinds of field belongs to stage tidy", "stage")
    if rule.applies_to and rule.stage == "tidy":
        of.problem("a rule of stage tidy looks at kinds of field: give `kinds`, not `applies_to`", "stage")
    if rule.repair and rule.stage == "judge" and rule.safety == "safe":
        of.problem("nothing is repaired in stage judge: use an earlier stage, or safety: {ask: why}", "stage")
    if rule.masks and not (rule.kinds and rule.safety == "safe"):
        of.problem("what is masked is masked at once: a rule for kinds of field, with `safety: safe`", "masks")
    if of.given("severity") == "error" and rule.concerns is None:
        of.problem("an error says what driver, sorter or law cannot do without: key 'concerns' is missing", "severity")
    if "examples" in of and not rule.examples.bad:
        of.problem("examples want at least one bad order: without it the rule proves nothing", "examples")
    if "examples" in of and not rule.examples.good:
        of.problem("examples want at least one good order that the rule leaves alone", "examples")


def _patterns(of: Reader, key: str) -> tuple[str, ...]:
    out = []
    for place, pattern in enumerate(of.texts(key)):
        if pattern != WHOLE_ORDER:
            try:
                parse_path(pattern)
                known = shape_at(pattern) is not None
            except ValueError:
                known = False
            if not known:
                of.problem(f"no field '{pattern}' in the contract", key, place)
                continue
        out.append("" if pattern == WHOLE_ORDER else pattern)
    return tuple(out)


def _call(of: Reader, key: str, wanted: tuple[str, ...], subjects: Mapping[str, ModuleType]) -> Call | None:
    """`{subject.function: {parameter: value}}`, the parameters being exactly the function's keyword-only ones."""
    if key not in of:
        return None
    given = of.given(key)
    if not isinstance(given, dict) or len(given) != 1:
        of.problem(f"{key} wants one function with its parameters: {{subject.function: {{}}}}", key)
        return None
    (name, parameters), *_ = given.items()
    if not isinstance(parameters, dict):
        of.problem(f"{name} wants its parameters as keys: {{{name}: {{}}}}", key)
        return None
    try:
        function = function_of(subjects, name)
    except LookupError as error:
        of.problem(str(error.args[0]), key, name)
        return None
    signature = inspect.signature(function).parameters.values()
    positional = tuple(one.name for one in signature if one.kind is not one.KEYWORD_ONLY)
    taken = [one.name for one in signature if one.kind is one.KEYWORD_ONLY]
    if positional != wanted:
        of.problem(f"{name}({', '.join(positional)}) is no {key}: those take {', '.join(wanted)}", key, name)
    for parameter in parameters:
        if parameter not in taken:
            of.problem(f"{name} takes no '{parameter}'{did_you_mean(parameter, taken)}", key, name, parameter)
    for parameter in taken:
        if parameter not in parameters:
            of.problem(f"{name} wants its parameter '{parameter}'", key, name)
    return Call(name, parameters)


def _examples(of: Reader) -> Examples:
    inner = of.mapping("examples")
    on = inner.mapping("on")
    world = World(
        partner=on.given("partner"),
        as_of=on.text("as_of", World().as_of),
        points=tuple(on.given("points", ())),
        points_complete=on.flag("points_complete"),
        skus=tuple(on.given("skus", ())),
        recent=tuple(on.given("recent", ())),
    )
    on.close()
    bad = []
    for example in inner.mappings("bad"):
        example.require("given")
        given, becomes = example.given("given", {}), example.given("becomes", {})
        suggests = tuple(example.given("suggests", ()))
        for key, block in (("given", given), ("becomes", becomes), *(("suggests", one) for one in suggests)):
            _known_paths(example, key, block)
        bad.append(BadExample(given, becomes, suggests, example.texts("with"), example.line()))
        example.close()
    good = tuple(inner.given("good", ()))
    for block in good:
        _known_paths(inner, "good", block)
    inner.close()
    return Examples(world, good, tuple(bad))


def _known_paths(of: Reader, key: str, block: Any) -> None:
    if not isinstance(block, dict):
        of.problem(f"{key} wants fields and their values: {{ship_to.address.city: Omaha}}", key)
        return
    for path in block:
        try:
            parse_path(path)
        except (ValueError, AttributeError):
            of.problem(f"no field path: '{path}'", key)


def function_of(subjects: Mapping[str, ModuleType], name: str) -> Callable[..., Any]:
    """The public function `subject.function`. Raises LookupError, naming the nearest one that there is."""
    subject, _, function = name.partition(".")
    module = subjects.get(subject)
    found = getattr(module, function, None)
    if (
        module
        and inspect.isfunction(found)
        and found.__module__ == module.__name__
        and function[:1] not in "_"
        and function not in LOOKS
    ):
        return found
    known = [f"{subject}.{function}" for subject, module in subjects.items() for function in functions_of(module)]
    raise LookupError(f"no function '{name}'{did_you_mean(name, known)}")


def functions_of(module: ModuleType) -> list[str]:
    """The names of the functions of a subject that a rule may name."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[:1] != "_" and name not in LOOKS
    ]
