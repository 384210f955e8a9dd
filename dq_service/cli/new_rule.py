"""A new rule's file: every key with what it wants, and nothing that would already pass for an answer."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dq_service.checks import SUBJECTS
from dq_service.cli.options import WrongUse, unknown
from dq_service.engine.rule_text import SUBJECT_FOLDERS, function_of, functions_of
from dq_service.engine.rulebook import names_in
from dq_service.reference.whereabouts import rules_folder

if TYPE_CHECKING:
    from dq_service.settings import Settings

Taken = Mapping[str, tuple[str, str]]  # the name and the subject of each code

_CODE: Final = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

_SKELETON: Final = """\
# {name}: what is still empty here is what `dq rules test {code}` asks for.
code: {code}
name: {name}            # reads as "allow {name}"; the cure is not in the name
why:                    # who is hurt when this stays as it is: the sorter, the driver, the recipient
message:                # "no city '{{value}}' in {{state}}": {{value}} and the last names of fields, nothing else
dimension:              # completeness validity consistency conformity uniqueness timeliness
severity:               # error (driver, sorter or law cannot do without) warning info
# concerns: where       # an error says which: where whom what when forbidden
stage:                  # arrange (things in the wrong field) resolve (against what we know) judge (nothing changes)
applies_to: []          # the parts it looks at: ship_to.address, items[*], order (the whole)
# countries: [US]       # gates are plain lists
# needs: [catalog]      # silent where this is not configured
check: {check}
# repair: {{}}            # {{subject.function: {{}}}}: gives candidates, best first
# safety: safe          # safe: applied when confident; or  ask: why the repair may be wrong
# confidence: 0.999     # of a repair of form; a repair of value gives its own
examples:               # laid over the proof's order (Omaha, complete); the whole rulebook runs
  good: []              # - {{ship_to.address.city: Omaha}}: the rule is silent
  bad: []               # - given: {{ship_to.address.city: Omhaa}}
                        #   becomes: {{ship_to.address.city: Omaha}}    # or suggests: [{{...}}], or neither: open
                        #   with: []                                    # codes of other rules that rightly speak too
"""


def skeleton(code: str, name: str, check: str, subject: str, taken: Taken) -> tuple[str, str]:
    """The file's text and the folder of its subject. `taken` are the codes there are, with name and subject.

    Raises WrongUse for a code or name that cannot be a rule's.
    """
    if not _CODE.fullmatch(code):
        raise WrongUse(f"'{code}' is no code: three capital letters and three digits, as ADR061")
    if not _NAME.fullmatch(name):
        raise WrongUse(f"'{name}' is no name: small words with hyphens, as city-misspelled")
    if code in taken:
        raise WrongUse(f"{code} is taken by {taken[code][0]}; {_next(code, taken)} is free")
    for other, (others, _) in taken.items():
        if others == name:
            raise WrongUse(f"{name} is the name of {other} already")
    called = _called(check) if check else "{}                # {subject.function: {parameter: value}}"
    siblings = [folder for other, (_, folder) in taken.items() if other[:3] == code[:3]]
    subject = subject or (siblings[0] if siblings else check.partition(".")[0])
    if subject not in SUBJECT_FOLDERS:
        raise WrongUse(f"which folder? --subject {'|'.join(SUBJECT_FOLDERS)}")
    return _SKELETON.format(code=code, name=name, check=called), subject


def taken(settings: "Settings") -> Taken:
    """What is taken by the rules that ship and those of the data folder, half made ones too."""
    return names_in([rules_folder(), settings.rules])


def folder_for(settings: "Settings", *, named: bool) -> Path:
    """The data folder's where --data named it; else `./rules` in a checkout that has it, else the data folder's."""
    here = Path("rules")
    checkout = here.is_dir() and here.resolve() == rules_folder().resolve()
    return here if checkout and not named else settings.rules


def _called(check: str) -> str:
    try:
        function = function_of(SUBJECTS, check)
    except LookupError:
        names = [f"{subject}.{name}" for subject, module in SUBJECTS.items() for name in functions_of(module)]
        raise unknown("check", check, names, "dq_service/checks/ has them") from None
    parameters = [one.name for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
    return f"{{{check}: {{{', '.join(f'{name}: null' for name in parameters)}}}}}"


def _next(code: str, taken: Taken) -> str:
    numbers = [int(other[3:]) for other in taken if other[:3] == code[:3] and other[3:].isdecimal()]
    return f"{code[:3]}{max(numbers) + 1:03d}"
