"""The rules and tables in the form that starts quickly, beside their sources: `python -m dq_service.build`.

A rule's text that stands in the compiled form was proved when that was made; a text that is not in it is read as
YAML and proved whenever it is loaded.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from dq_service.checks import SUBJECTS
from dq_service.engine.engine import Engine
from dq_service.engine.proof import prove
from dq_service.engine.rule_text import Compiled
from dq_service.engine.rulebook import compile_rules, compiled_rules, load
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.reference import bundle
from dq_service.reference.bundle import Reference
from dq_service.reference.replacing import write_whole
from dq_service.reference.whereabouts import rules_folder, tables_folder

RULES_FILE: Final = "compiled.marshal"


def compile_all(root: Path | None = None) -> tuple[Path, Path]:
    """Compiles `reference_data/` and `rules/` of a folder (default: those that ship), each form beside its sources.

    Returns the two files. Raises DocumentError with what is wrong where a rule is not proved: its compiled form is
    then gone, and the rules are read and proved at each start.
    """
    tables = root / "reference_data" if root else tables_folder()
    rules = root / "rules" if root else rules_folder()
    compiled = rules / RULES_FILE
    compiled.unlink(missing_ok=True)
    written = bundle.compile_tables(tables)
    problems = unproved(rules, tables)
    if problems:
        raise DocumentError(problems)
    write_whole(compiled, compile_rules([rules]))
    return written, compiled


def unproved(rules: Path, tables: Path) -> list[Problem]:
    """What is wrong with the rules of a folder, read from their YAML and proved."""
    try:
        rulebook = load([rules], SUBJECTS)
    except DocumentError as error:
        return list(error.problems)
    return prove(Engine(rulebook, bundle.load(tables)))


def shipped_rules() -> Compiled:
    """The compiled rules that came with the package; none where it has not been built."""
    try:
        return compiled_rules((rules_folder() / RULES_FILE).read_bytes())
    except OSError:
        return {}


def bare(reference: Reference) -> Reference:
    """The tables that ship alone: what an installation has imported must not decide whether a rule is proved."""
    return replace(reference, points=None, catalogs={})


def main() -> int:
    """Compiles beside the sources of the folder named, or of this package; tells what is unproved, and goes on."""
    try:
        compile_all(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    except DocumentError as error:
        print(error, file=sys.stderr)
        print("the rules are not compiled: each start reads and proves them; dq rules test", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
