"""The units that a comparison trains: how far it is, what is kept of the finished ones, and who trains the others."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from bpnet.comparison.kept import Kept
from bpnet.comparison.results import CostResult, Setup
from bpnet.comparison.trials import Trial
from bpnet.comparison.units import Share, Unit, units
from bpnet.comparison.workers import Workers


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
        yield from self._train(shares, found, doing)
        results: dict[int, list[CostResult]] = {}
        for k, (members, _, _) in enumerate(shares):
            for place, part in zip(members, found[k], strict=True):
                results.setdefault(place, []).append(part)
        return [CostResult.merged(results[place]) for place in range(len(trials))]

    def _train(
        self, shares: Sequence[Share], found: dict[int, list[CostResult]], doing: str
    ) -> Generator[Progress, None, None]:
        """Train the units that are not found yet, and add them to those that are."""
        left = [k for k in range(len(shares)) if k not in found]
        epochs: dict[int, int] = {}  # of the units that are being trained
        for report in self.workers.run([shares[k][1:] for k in left]):
            unit = shares[left[report.number]][1]
            if report.result is None:
                epochs[report.number] = report.epochs
                names = [shares[left[number]][1].text for number in epochs]
                done = self.done + sum(epochs.values())
                yield Progress(done, self.total, doing + together(names))
                continue
            found[left[report.number]] = report.result
            self.done += unit.epochs
            epochs.pop(report.number, None)
            if self.kept:
                self.kept.save(unit.fingerprint, report.result)

    def _load(self, unit: Unit) -> list[CostResult] | None:
        """The results of a unit that is kept, None of one that is not."""
        costs = [trial.cost for trial in unit.trials]
        return self.kept.load(unit.fingerprint, costs, unit.setup) if self.kept else None


def together(names: Iterable[str]) -> str:
    """What is being trained at once, each thing once: `mse, 2 conditions at once | ce`."""
    return " | ".join(dict.fromkeys(names))
