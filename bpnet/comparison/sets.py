"""The units that a comparison trains: how far it is, what is kept of the finished ones, and who trains the others."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bpnet.comparison.kept import Kept
from bpnet.comparison.results import CostResult, Setup
from bpnet.comparison.trials import Trial
from bpnet.comparison.units import Unit, units
from bpnet.comparison.workers import Work, Workers
from bpnet.data import Splits

AnyUnit = TypeVar("AnyUnit", bound=Work)


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: epochs done of those that there are at most, and what is being trained."""

    done: int
    total: int
    text: str


class Sets:
    """Trains trials as units, counting the epochs; a unit that is kept in a folder is not trained again."""

    def __init__(self, setup: Setup, total: int, kept: Kept | None, workers: Workers) -> None:
        self.setup, self.total, self.kept, self.workers = setup, total, kept, workers
        self.done = 0

    def train(
        self, trials: Sequence[Trial], doing: str = "", keep_path: bool = False
    ) -> Generator[Progress, None, list[CostResult]]:
        """Train every trial; gives the progress, an epoch each, and returns a result per trial, in the order given."""
        shares = list(units(trials, self.setup, keep_path))
        found = {k: result for k, (_, unit, _) in enumerate(shares) if (result := self._load(unit)) is not None}
        self.done += sum(shares[k][1].epochs for k in found)
        for epochs in train_units(self.workers, [share[1:] for share in shares], found, self._keep):
            names = [shares[k][1].text for k in epochs]
            yield Progress(self.done + sum(epochs.values()), self.total, doing + together(names))
        results: dict[int, list[CostResult]] = {}
        for k, (members, _, _) in enumerate(shares):
            for place, part in zip(members, found[k], strict=True):
                results.setdefault(place, []).append(part)
        return [CostResult.merged(results[place]) for place in range(len(trials))]

    def _keep(self, unit: Unit, results: list[CostResult]) -> None:
        """Count a unit that is finished, and keep it."""
        self.done += unit.epochs
        if self.kept:
            self.kept.save(unit.fingerprint, results)

    def _load(self, unit: Unit) -> list[CostResult] | None:
        """The results of a unit that is kept, None of one that is not."""
        costs = [trial.cost for trial in unit.trials]
        return self.kept.load(unit.fingerprint, costs, unit.setup) if self.kept else None


def together(names: Iterable[str]) -> str:
    """What is being trained at once, each thing once: `mse, 2 conditions at once | ce`."""
    return " | ".join(dict.fromkeys(names))


def train_units(
    workers: Workers,
    tasks: Sequence[tuple[AnyUnit, Splits]],
    found: dict[int, Any],
    keep: Callable[[AnyUnit, Any], None],
) -> Iterator[Mapping[int, int]]:
    """Train the units, by their places, that are not found yet; add what each came to, and `keep` it.

    Gives the epochs done by those at work, by their places too, whenever one has said so.
    """
    left = [k for k in range(len(tasks)) if k not in found]
    epochs: dict[int, int] = {}
    for report in workers.run([tasks[k] for k in left]):
        k = left[report.number]
        if report.result is None:
            epochs[k] = report.epochs
            yield epochs
        else:
            epochs.pop(k, None)
            found[k] = report.result
            keep(tasks[k][0], report.result)
