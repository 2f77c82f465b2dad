"""Units of work: which trials are trained as one set, and in which blocks of seeds a large set is trained.

What a unit is depends on the trials only, never on how many workers there are. So the results are the same bits with
any number of workers, and a comparison that was stopped with one number goes on with another.
"""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bpnet.comparison.results import CostResult, Setup, label
from bpnet.comparison.trials import Part, TrainedSet, Trial
from bpnet.data import Splits
from bpnet.network import Network

TOGETHER = 20_000  # numbers in the parameters of one unit: a larger one gains little, and is kept later


@dataclass(frozen=True)
class Unit:
    """The networks of a block of seeds, of one trial or several of one cost, that are trained as one set of replicas.

    It goes to a worker without its data, which the worker has already: `trials` have no parts, and `networks` has the
    block of each.
    """

    trials: tuple[Trial, ...]
    networks: tuple[Network, ...]
    setup: Setup
    keep_path: bool

    @property
    def epochs(self) -> int:
        """How many epochs it is trained for at most."""
        return self.trials[0].settings.epochs

    @property
    def text(self) -> str:
        """What is trained, in words: the cost, and the condition or how many conditions at once."""
        labels = dict.fromkeys(label(trial.vary) for trial in self.trials)
        if len(labels) > 1:
            return f"{self.trials[0].cost}, {len(labels)} conditions at once"
        return ", ".join(filter(None, (self.trials[0].cost, *labels)))

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of what is trained and how it is measured, the data aside."""
        pairs = zip(self.trials, self.networks, strict=True)
        asked = [(one.cost, one.vary, one.learning_rate, one.group, _seeds(network)) for one, network in pairs]
        checks = self.setup.targets, self.setup.check_every, self.setup.check_on, self.keep_path
        return hashlib.sha256(repr((asked, *checks)).encode()).hexdigest()

    def run(self, data: Splits) -> Generator[int, None, list[CostResult]]:
        """Train the unit on its data; gives the epochs that are done after each, returns a result per trial."""
        pairs = zip(self.trials, self.networks, strict=True)
        together = TrainedSet(
            [replace(trial, parts=(Part(network, data),)) for trial, network in pairs], self.setup, self.keep_path
        )
        for state in together.train():
            yield len(state.history)
        return together.results()


Share = tuple[list[int], Unit, Splits]  # the places of the unit's trials among all, the unit, and its data


def units(trials: Sequence[Trial], setup: Setup, keep_path: bool = False) -> Iterator[Share]:
    """The units that train these trials: set by set, in a set part by part, in a part block by block of its seeds."""
    for members in grouped(trials):
        together = [trials[k] for k in members]
        bare = tuple(replace(trial, parts=()) for trial in together)
        for number, part in enumerate(together[0].parts):
            for first, block in enumerate(_blocks(together, number)):
                yield members, Unit(bare, block, setup, keep_path and first == 0), part.splits  # the first seed's path


def count_epochs(trials: Sequence[Trial]) -> int:
    """How many epochs the units of these trials take at most."""
    firsts = [trials[members[0]] for members in grouped(trials)]
    return sum(trial.settings.epochs * len(part) for trial in firsts for part in map(_cuts, trial.parts))


def grouped(trials: Sequence[Trial]) -> list[list[int]]:
    """The places of the trials that are trained as one set, set by set, in the order of their first trials."""
    sets: list[list[int]] = []
    growing: dict[tuple[str, str], list[int]] = {}
    for k, trial in enumerate(trials):
        members = growing.get((trial.cost, trial.group), [])
        if not members or (len(members) + 1) * _size(trial.parts[0]) > TOGETHER:
            members = growing[trial.cost, trial.group] = []
            sets.append(members)
        members.append(k)
    return sets


def _blocks(together: Sequence[Trial], number: int) -> list[tuple[Network, ...]]:
    """The networks of one part of some trials, block by block of seeds."""
    networks = [trial.parts[number].network for trial in together]
    cuts = _cuts(together[0].parts[number])
    if len(cuts) == 1:
        return [tuple(networks)]
    return [tuple(network.with_seed(_seeds(network)[some]) for network in networks) for some in cuts]


def _cuts(part: Part) -> list[slice]:
    """The blocks of a part's seeds."""
    seeds = len(_seeds(part.network))
    ends = np.linspace(0, seeds, 1 + count_blocks(seeds, _size(part) // seeds), dtype=int).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def count_blocks(seeds: int, size: int) -> int:
    """How many blocks, nearly equal, so many seeds make of networks with `size` parameters, each of them one unit."""
    return -(-seeds // max(1, TOGETHER // size))


def _size(part: Part) -> int:
    """How many numbers the networks of a part have."""
    return sum(p.size for p in part.network.parameters.values())


def _seeds(network: Network) -> list[int]:
    """The seeds of a set of networks."""
    return [int(seed) for seed in np.atleast_1d(network.seed)]
