"""What a run over many orders comes to: counts of verdicts and of what each rule said."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from dq_service.finding import Outcome
from dq_service.result import Result, Verdict

VERDICTS: Final[tuple[Verdict, ...]] = ("clean", "repaired", "review", "incomplete", "rejected")


@dataclass(slots=True)
class Tally:
    """The counts so far; it does not grow with the orders."""

    orders: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)  # (code, name) -> orders with such a finding
    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)  # (code, outcome) -> findings
    passing: bool = True

    def add(self, result: Result) -> None:
        """Counts one result."""
        self.orders += 1
        self.verdicts[result.verdict] += 1
        self.rules.update({(finding.rule, finding.name) for finding in result.findings})
        self.outcomes.update((finding.rule, finding.outcome) for finding in result.findings)
        self.passing = self.passing and result.passes
