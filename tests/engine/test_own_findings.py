"""What is said by no rule is listed, all of it, as it is said."""

import re
from collections.abc import Iterator
from pathlib import Path

import dq_service
from dq_service.engine.own_findings import OWN_FINDINGS


def _said() -> Iterator[str]:
    for file in Path(dq_service.__file__).parent.rglob("*.py"):
        if file.name != "own_findings.py":
            yield file.read_text("utf-8")


def test_every_code_of_no_rule_is_listed_with_the_name_that_it_is_said_with() -> None:
    text = "\n".join(_said())
    assert {own.code for own in OWN_FINDINGS} == set(re.findall(r'"(SYS\d{3})"', text))
    assert all(f'"{own.name}"' in text for own in OWN_FINDINGS)
