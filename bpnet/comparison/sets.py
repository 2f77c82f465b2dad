"""The sets that a comparison trains, one after the other: how far it is, and what is kept of the finished ones."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bpnet.comparison.kept import Kept
from bpnet.comparison.results import CostResult, Setup, label
from bpnet.comparison.trials import TrainedSet, Trial

TOGETHER = 20_000  # numbers in the parameters of one set: a larger one gains little, and is kept later


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: epochs done of those that there are at most, and what is being trained."""

    done: int
    total: int
    text: str


class Sets:
    """Trains trials as sets, counting the epochs; a set that is kept in a folder is not trained again."""

    def __init__(self, setup: Setup, total: int, kept: Kept | None) -> None:
        self.setup, self.total, self.kept = setup, total, kept
        self.done = self.number = 0

    def train(
        self, trials: Sequence[Trial], doing: str = "", keep_path: bool = False
    ) -> Generator[Progress, None, list[CostResult]]:
        """Train every trial; gives the progress, an epoch each, and returns a result per trial, in the order given."""
        results: dict[int, list[CostResult]] = {}
        for members in grouped(trials):
            together = [trials[k] for k in members]
            for part in range(len(together[0].parts)):
                trained = yield from self._one(together, part, doing, keep_path)
                for k, result in zip(members, trained, strict=True):
                    results.setdefault(k, []).append(result)
        return [CostResult.merged(results[k]) for k in range(len(trials))]

    def _one(
        self, trials: Sequence[Trial], part: int, doing: str, keep_path: bool
    ) -> Generator[Progress, None, list[CostResult]]:
        """Train one set, or take its results from the folder."""
        self.number += 1
        results = self.kept.load(self.number, trials, self.setup) if self.kept else None
        text = f"{doing}{trials[0].cost}{_which(trials)}"
        if results is None:
            together = TrainedSet(trials, part, self.setup, keep_path)
            for state in together.train():
                yield Progress(self.done + len(state.history), self.total, text)
            results = together.results()
            if self.kept:
                self.kept.save(self.number, trials, self.setup, results)
        self.done += trials[0].settings.epochs
        return results


def grouped(trials: Sequence[Trial]) -> list[list[int]]:
    """The places of the trials that are trained as one set, set by set, in the order of their first trials."""
    sets: list[list[int]] = []
    growing: dict[tuple[str, str], list[int]] = {}
    for k, trial in enumerate(trials):
        members = growing.get((trial.cost, trial.group), [])
        if not members or (len(members) + 1) * _size(trial) > TOGETHER:
            members = growing[trial.cost, trial.group] = []
            sets.append(members)
        members.append(k)
    return sets


def _size(trial: Trial) -> int:
    """How many numbers the networks of a trial's first part have."""
    return sum(p.size for p in trial.parts[0].network.parameters.values())


def epochs_of(trials: Sequence[Trial]) -> int:
    """How many epochs the sets of these trials take at most."""
    firsts = [trials[members[0]] for members in grouped(trials)]
    return sum(first.settings.epochs * len(first.parts) for first in firsts)


def _which(trials: Sequence[Trial]) -> str:
    """The condition that a set is trained under, or how many conditions at once."""
    labels = dict.fromkeys(label(trial.vary) for trial in trials)
    if len(labels) > 1:
        return f", {len(labels)} conditions at once"
    return "".join(f", {one}" for one in labels if one)
