"""The rulebook: all rules in force, in the order in which they speak, bound to the functions that they name."""

import hashlib
import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from dq_service.engine.rule import Marker, Rule, Spared
from dq_service.engine.rule_text import SUBJECT_FOLDERS, Compiled, function_of, read_rule
from dq_service.parsing.reader import did_you_mean
from dq_service.parsing.yaml import DocumentError, Problem
from dq_service.parsing.yaml import read as read_document
from dq_service.reference.whereabouts import rules_folder

ROW_DAMAGED: Final = "SYS003"  # nobody knows which value of the row stands where: a matter of *where*


@dataclass(frozen=True)
class Rulebook:
    """All rules in force, in the order in which they speak, and the version that results name."""

    rules: tuple[Rule, ...]
    version: str
    subjects: Mapping[str, ModuleType]
    hashes: Mapping[str, str]  # code -> sha256 of the rule's text

    @cached_property
    def by_code(self) -> Mapping[str, Rule]:
        """Each rule by its code."""
        return {rule.code: rule for rule in self.rules}

    @cached_property
    def never_release(self) -> frozenset[str]:
        """Codes of *where* and *forbidden*: the built-in policy never lets such an order leave by time alone."""
        own = frozenset(rule.code for rule in self.rules if rule.concerns in ("where", "forbidden"))
        return own | {ROW_DAMAGED}

    def function(self, name: str) -> Callable[..., Any]:
        """The check or repair of that name, `subject.function`. Raises LookupError where there is none."""
        return function_of(self.subjects, name)

    def marker(self, subject: str) -> Marker | None:
        """The subject's one look at a part, where it has one."""
        return getattr(self.subjects.get(subject), "marks", None)

    def looker(self, subject: str, pattern: str) -> str:
        """The subject that looks at such a part for this one: the one that does so for all (`PARTS`), else itself."""
        first = self._first.get(pattern, subject)
        return subject if self.marker(first) is None else first

    def spared(self, pattern: str) -> Spared | None:
        """Which subjects would see nothing at such a part, where one looks at it before the others to say so."""
        return getattr(self.subjects.get(self._first.get(pattern, "")), "spared", None)

    @cached_property
    def _first(self) -> Mapping[str, str]:
        return {part: name for name, module in self.subjects.items() for part in getattr(module, "PARTS", ())}


@dataclass(frozen=True, slots=True)
class Layer:
    """The texts of a folder of rules by their path in it (`address/ADR021-city-misspelled.yaml`).

    `named` is what messages set before the path: `rules`, or the whole folder where it does not ship.
    """

    named: str
    texts: Mapping[str, bytes]

    @classmethod
    def of(cls, folder: Path) -> "Layer":
        """What the folder holds now; nothing where there is none."""
        files = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.glob("*/*.yaml")))
        named = folder.name if folder == rules_folder() else folder.as_posix()
        return cls(named, {name: path.read_bytes() for name, path in files})

    def label(self, path: str) -> str:
        """How messages name one of the texts."""
        return f"{self.named}/{path}"


def load(folders: Sequence[Path], subjects: Mapping[str, ModuleType], compiled: Compiled | None = None) -> Rulebook:
    """The rulebook in these folders; a later folder's rule replaces an earlier one's of the same code.

    Texts that `compiled` knows are not parsed again. Raises DocumentError with all that is wrong in all files.
    """
    return load_layers([Layer.of(folder) for folder in folders], subjects, compiled)


def load_layers(
    layers: Sequence[Layer], subjects: Mapping[str, ModuleType], compiled: Compiled | None = None
) -> Rulebook:
    """The same of texts that were read before."""
    problems: list[Problem] = []
    rules: dict[str, tuple[Rule, str]] = {}
    for layer in layers:
        here: dict[str, str] = {}
        for path, raw in layer.texts.items():
            try:
                rule = read_rule(raw, layer.label(path), path.partition("/")[0], subjects, compiled)
            except DocumentError as error:
                problems += error.problems
                continue
            if rule.code in here:
                problems.append(Problem(rule.file, 1, f"code {rule.code} is taken by {here[rule.code]}"))
            here[rule.code] = rule.file
            rules[rule.code] = rule, hashlib.sha256(raw).hexdigest()
    names: dict[str, Rule] = {}
    for rule, _ in rules.values():
        if names.setdefault(rule.name, rule) is not rule:
            problems.append(Problem(rule.file, 1, f"name {rule.name} is taken by {names[rule.name].code}"))
    for rule, _ in rules.values():
        for number, example in enumerate(rule.examples.bad):
            for code in example.companions:
                if code not in rules:
                    hint = did_you_mean(code, rules)
                    problems.append(Problem(rule.file, example.line, f"example {number + 1}: no rule {code}{hint}"))
    if problems:
        raise DocumentError(problems)
    inorder = sorted(rules.values(), key=lambda pair: (SUBJECT_FOLDERS.index(pair[0].subject), pair[0].code))
    hashes = {rule.code: digest for rule, digest in inorder}
    version = hashlib.sha256("".join(f"{code}{digest}" for code, digest in sorted(hashes.items())).encode())
    return Rulebook(tuple(rule for rule, _ in inorder), f"sha256:{version.hexdigest()}", subjects, hashes)


def names_in(folders: Iterable[Path]) -> dict[str, tuple[str, str]]:
    """The name and subject of each code in these folders, by the names of the files: they may be half made."""
    files = sorted(file for folder in folders for file in folder.glob("*/*.yaml"))
    stems = ((file.stem.partition("-"), file.parent.name) for file in files)
    return {code: (name, subject) for (code, _, name), subject in stems}


def compile_rules(folders: Sequence[Path]) -> bytes:
    """The texts of these folders parsed, keyed by their hash, so that start-up need not parse YAML."""
    return compile_layers([Layer.of(folder) for folder in folders])


def compile_layers(layers: Sequence[Layer]) -> bytes:
    """The same of texts that were read before."""
    compiled: Compiled = {}
    for layer in layers:
        for path, raw in layer.texts.items():
            document = read_document(raw, layer.label(path))
            compiled[hashlib.sha256(raw).hexdigest()] = (document.value, dict(document.lines))
    return marshal.dumps(compiled)


def compiled_rules(raw: bytes) -> Compiled:
    """What `compile_rules` wrote; empty when it cannot be read (another Python's, cut short)."""
    try:
        found = marshal.loads(raw)
    except (EOFError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
