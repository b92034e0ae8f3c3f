"""What is measured, and in which order: a case is one question put to several programs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from measure import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Sample = dict[str, float]
"""What one run gave: numbers by name."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        key: Its name in the results, `group/details`.
        runs: What runs one program and gives its numbers, by the name of the program.
        repeat: Runs of each program in a round.
        once: Whether the first round is enough.
    """

    key: str
    runs: dict[str, Callable[[], Sample]]
    repeat: int = 1
    once: bool = False

    @property
    def group(self) -> str:
        """What `--only` selects it by."""
        return self.key.partition("/")[0]


@dataclass(slots=True)
class Results:
    """The numbers of all runs, by case, by program, in the order of the runs.

    A run that failed has no numbers, but keeps its place: run by run, programs compare.
    """

    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)

    def add(self, case: str, program: str, sample: Sample) -> None:
        """Take in the numbers of one run."""
        self.samples.setdefault(case, {}).setdefault(program, []).append(sample)

    def values(self, case: str, program: str, number: str) -> list[float]:
        """One number of all runs of a program; empty where there was none."""
        runs = self.samples.get(case, {}).get(program, [])
        return [sample[number] for sample in runs if number in sample]

    def median(self, case: str, program: str, number: str) -> float | None:
        """The median over the runs, or None."""
        values = self.values(case, program, number)
        return statistics.median(values) if values else None

    def ratios(self, case: str, number: str, ours: str, theirs: str) -> list[float]:
        """Ours ÷ theirs, run by run: what changes on the machine between rounds cancels out."""
        programs = self.samples.get(case, {})
        pairs = zip(programs.get(ours, []), programs.get(theirs, []), strict=False)
        return [one[number] / other[number] for one, other in pairs if one and other]


def measure(
    cases: Sequence[Case], rounds: int, tell: Callable[[str], None], results: Results
) -> None:
    """Run everything: each round all cases, in each case all programs, in turned order.

    A run that fails gives no numbers and one sentence.

    Args:
        cases: What to run.
        rounds: How often.
        tell: Takes a sentence for each case and each failure.
        results: Where the numbers go, as they come.
    """
    for number in range(rounds):
        for case in cases:
            if number and case.once:
                continue
            tell(f"round {number + 1} of {rounds}: {case.key}")
            for turn in range(case.repeat):
                for program in _turned(list(case.runs), number + turn):
                    try:
                        results.add(case.key, program, case.runs[program]())
                    except RunFailedError as error:
                        results.add(case.key, program, {})
                        tell(f"  failed: {program}: {error}")


def _turned(programs: list[str], by: int) -> Iterable[str]:
    by %= len(programs)
    return programs[by:] + programs[:by]
