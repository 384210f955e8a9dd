"""The laws of the house that a drawing of imports cannot show; the imports themselves are `lint-imports`' work."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "dq_service"
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = [
    file
    for file in FILES
    if file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    in {
        "engine",
        "checks",
        "context",
        "recent",
        "partner",
        "parsing",
        "reference",
        "result",
        "finding",
        "order",
        "fields",
    }
]
CLOCK_AND_ENVIRONMENT = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "os.environ",
    "os.getenv",
    "time.monotonic",
    "time.perf_counter",
    "time.time",
}
UNSPEAKING_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
SPLIT_AT = 500  # lines: a longer file is two things


def named(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).as_posix()


def dotted(node: ast.expr) -> str:
    """`datetime.datetime.now` for that expression; the last two names are what counts."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([*names, node.id][1::-1] if isinstance(node, ast.Name) and len(names) < 2 else names[1::-1])


def looks_outside(source: str) -> Iterator[str]:
    """Each place where the source asks the clock or the environment."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and dotted(node) in CLOCK_AND_ENVIRONMENT:
            yield f"line {node.lineno}: {dotted(node)}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if f"{node.module}.{name.name}" in CLOCK_AND_ENVIRONMENT:
                    yield f"line {node.lineno}: from {node.module} import {name.name}"


def imports_at_load(source: str, library: str) -> bool:
    """Whether importing the source imports the library too (an import inside a function does not)."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import) and any(name.name.split(".")[0] == library for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == library:
            return True
        pending.extend(ast.iter_child_nodes(node))
    return False


@pytest.mark.parametrize("file", CORE, ids=named)
def test_core_asks_no_clock_and_no_environment(file: Path) -> None:
    assert list(looks_outside(file.read_text("utf-8"))) == []


@pytest.mark.parametrize("file", FILES, ids=named)
def test_file_reads_well(file: Path) -> None:
    source = file.read_text("utf-8")
    assert not set(file.relative_to(PACKAGE).with_suffix("").parts) & UNSPEAKING_NAMES
    assert len(source.splitlines()) <= SPLIT_AT
    if source.strip():
        opening = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0]
        assert opening.endswith("."), "a file opens with one sentence that says what it is"


@pytest.mark.parametrize("library", ["great_expectations", "pyspark", "pyarrow", "pandas"])
def test_slow_library_is_imported_where_it_is_used(library: str) -> None:
    assert [named(file) for file in FILES if imports_at_load(file.read_text("utf-8"), library)] == []


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import os\nos.environ['A']", True),
        ("from os import getenv", True),
        ("import datetime\ndatetime.datetime.now()", True),
        ("from datetime import datetime\ndatetime.now()", True),
        ("context.as_of", False),
        ("context.now()", False),
    ],
)
def test_the_look_outside_is_seen(source: str, seen: bool) -> None:
    assert any(looks_outside(source)) is seen


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import pandas as pd", True),
        ("try:\n    from pandas import DataFrame\nexcept ImportError:\n    pass", True),
        ("def f():\n    import pandas", False),
        ("if TYPE_CHECKING:\n    import pandas", False),
        ("import pandasql", False),
    ],
)
def test_the_import_at_load_is_seen(source: str, seen: bool) -> None:
    assert imports_at_load(source, "pandas") is seen
