"""What a sweep measured: a row for each combination, and what may be said of the best one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpnet.comparison.folder import csv_text
from bpnet.comparison.grid import Measured
from bpnet.comparison.results import label
from bpnet.comparison.statistics import ALPHA, Speedup, corrected, speedup
from bpnet.config.locations import counted
from bpnet.metrics import Array
from bpnet.plots.subjects import quartiles

PLAIN = ("seed", "status", "epochs")  # columns of a run that are no measures
NAMED = 5  # combinations that a verdict names; the table has them all


@dataclass(frozen=True)
class Combination:
    """The runs of one combination of values, one for each seed."""

    vary: Mapping[str, Any]
    runs: tuple[Measured, ...]

    @property
    def label(self) -> str:
        """Its values in words."""
        return label(self.vary)

    @property
    def diverged(self) -> int:
        """How many of its runs left the finite numbers."""
        return sum(run["status"] == "diverged" for run in self.runs)

    @property
    def status(self) -> str:
        """`done`, or `diverged` where any run has."""
        return "diverged" if self.diverged else "done"

    @property
    def measures(self) -> list[str]:
        """The names of its measures, such as `validation_accuracy`."""
        return [name for name in self.runs[0] if name not in PLAIN]

    def values(self, measure: str) -> Array:
        """A measure at the end of each run, (seeds,), NaN where it has diverged."""
        return np.array([math.nan if run[measure] is None else run[measure] for run in self.runs], dtype=np.float64)

    def summary(self, measure: str) -> dict[str, float | None]:
        """Median, quartiles and standard deviation over the seeds; a run that has diverged is worse than all others.

        None where a run that has diverged decides, and for the deviation of a single run.
        """
        values = self.values(measure)
        sign = -1 if _higher_is_better(measure) else 1
        ends = [sign * float(value) if np.isfinite(value) else None for value in quartiles(sign * values)]
        q1, median, q3 = ends[::sign]
        spread = float(values.std(ddof=1)) if len(values) > 1 and np.isfinite(values).all() else None
        return {"median": median, "q1": q1, "q3": q3, "spread": spread}

    def as_json(self) -> dict[str, Any]:
        """What summary.json says of it."""
        return {
            "vary": dict(self.vary),
            "label": self.label,
            "status": self.status,
            "seeds": len(self.runs),
            "diverged": self.diverged,
            "final": {name: self.summary(name) for name in self.measures},
        }


@dataclass(frozen=True)
class Swept:
    """A finished sweep; `score` is the measure by which combinations are ranked."""

    name: str
    score: str
    seeds: int
    combinations: tuple[Combination, ...]
    seconds: float

    @property
    def best(self) -> int:
        """The place of the combination with the best median score, the first of equal ones."""
        return int(np.argmin([quartiles(self._losses(one))[1] for one in self.combinations]))

    @property
    def pairs(self) -> list[Speedup]:
        """The best one against each other one, by a sign test over the seeds after Holm's correction."""
        best, losses = self.best, [self._losses(one) for one in self.combinations]
        finite = np.concatenate(losses)
        limit = float(np.max(finite[np.isfinite(finite)], initial=0)) + 1  # beyond every loss; only order counts here
        others = [k for k in range(len(losses)) if k != best]
        return corrected([speedup(str(best + 1), str(k + 1), losses[best], losses[k], (limit, limit)) for k in others])

    @property
    def verdict(self) -> str:
        """What the verdict depends on, then which combination is best, or how many cannot be told apart."""
        tests = len(self.combinations) - 1
        words = f"{self.score.replace('_', ' ')} after training; {counted(self.seeds, 'seed')} for each combination"
        return f"{words}; sign test, p by Holm's correction for {counted(tests, 'test')}.\n{self._conclusion()}"

    def _conclusion(self) -> str:
        """The second line of the verdict."""
        best, pairs = self.combinations[self.best], self.pairs
        if all(one.diverged == self.seeds for one in self.combinations):
            return "every combination diverged; take smaller learning rates"
        found = f"{best.label} ({_median(best, self.score)})"
        if not pairs:
            return f"one combination, so nothing to tell apart: {found}"
        ahead = [self.combinations[int(pair.over) - 1].label for pair in pairs if pair.faster == pair.over]
        if ahead:
            names = "; ".join(ahead[:NAMED])
            return (
                f"{found} has the best median, but over the seeds it is behind {names} beyond chance: a few seeds make "
                "the median; no combination is best in both"
            )
        near = [pair for pair in pairs if pair.faster != pair.of]
        if not near:
            largest = max(pair.p_holm or 0 for pair in pairs)
            others = "the other one" if len(pairs) == 1 else f"each of the other {len(pairs)}"
            return f"{found} is best: over the seeds it is ahead of {others} beyond chance (p at most {largest:.2g})"
        alike = [best, *(self.combinations[int(pair.over) - 1] for pair in near)]
        names = "; ".join(f"{one.label} ({_median(one, self.score)})" for one in alike[:NAMED])
        more = f"; and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
        return (
            f"{len(alike)} of {len(self.combinations)} combinations cannot be told apart: {names}{more}{self._needed()}"
        )

    def _needed(self) -> str:
        """What to do where there are too few seeds for any test to exclude chance."""
        needed = math.ceil(math.log2(2 * (len(self.combinations) - 1) / ALPHA))  # all for one side: p = 2 / 2^n
        return f". So few seeds cannot exclude chance; take --seeds {needed} or more" if self.seeds < needed else ""

    def _losses(self, one: Combination) -> Array:
        """The score turned so that smaller is better, (seeds,), never below 0, NaN where a run has diverged."""
        values = one.values(self.score)
        return 1 - values if _higher_is_better(self.score) else values

    def as_json(self) -> dict[str, Any]:
        """What summary.json holds."""
        return {
            "name": self.name,
            "score": self.score,
            "seeds": self.seeds,
            "seconds": self.seconds,
            "best": self.combinations[self.best].label,
            "combinations": [one.as_json() for one in self.combinations],
            "verdict": self.verdict,
        }

    def table(self) -> str:
        """sweep.csv: a row for each combination, its values, status, and each measure over the seeds."""
        rows = [
            {**one.vary, "status": one.status, "seeds": len(one.runs), "diverged": one.diverged}
            | {f"{name}_{what}": value for name in one.measures for what, value in one.summary(name).items()}
            for one in self.combinations
        ]
        return csv_text(_columns(rows))

    def runs_table(self) -> str:
        """runs.csv: a row for each run."""
        return csv_text(_columns([{**one.vary, **run} for one in self.combinations for run in one.runs]))


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """Rows as columns of objects, None where a row has no such value."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.fromiter((row.get(name) for row in rows), dtype=object, count=len(rows)) for name in names}


def _higher_is_better(measure: str) -> bool:
    """Whether more of a measure is better, as of `validation_accuracy`."""
    return measure.endswith(("_accuracy", "_r2"))


def _median(one: Combination, score: str) -> str:
    """The median score in words."""
    median = one.summary(score)["median"]
    return "diverged" if median is None else f"{median:.4g} in the median"
