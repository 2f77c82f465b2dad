"""Where the learning rates of a comparison come from: the same for all, matched at the first step, tuned by a sweep.

A policy takes the trials of one condition and returns them with their rates, and the sweeps it made on the way.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np

from bpnet.comparison.results import Setup, Sweep, SweepRow
from bpnet.comparison.trials import Progress, Trial, train_trials
from bpnet.errors import UsageError
from bpnet.network import Network

FACTORS = tuple(2.0**k for k in range(-4, 5))  # of the config's rate in a sweep: 1/16 to 16, each twice the one before
SAMPLE = 1000  # training examples over which the first gradient is averaged
SWEEP_SEEDS = 5  # seeds of a sweep at most; it only ranks rates

Rated = tuple[Sequence[Trial], list[Sweep]]
Policy = Callable[[Sequence[Trial], Setup], Generator[Progress, None, Rated]]


def same(trials: Sequence[Trial], setup: Setup) -> Generator[Progress, None, Rated]:
    """Every cost at the config's rate."""
    yield from ()
    return trials, []


def matched(trials: Sequence[Trial], setup: Setup) -> Generator[Progress, None, Rated]:
    """Rates that make the costs' first steps equally long, the first cost keeping its own.

    The length is that of the mean gradient over up to 1000 training examples, in the space of all weights and biases,
    averaged over the seeds. A gradient that vanishes or is not finite is a UsageError: no rate can match it.
    """
    yield from ()
    lengths = [_first_gradient(trial) for trial in trials]
    for trial, length in zip(trials, lengths, strict=True):
        if not (np.isfinite(length) and length > 0):
            raise UsageError(f"cost {trial.cost!r} has a first gradient of {length:g}; no rate can match it")
    rates = [trials[0].learning_rate * lengths[0] / length for length in lengths]
    return [replace(trial, learning_rate=rate) for trial, rate in zip(trials, rates, strict=True)], []


def _first_gradient(trial: Trial) -> float:
    """The norm of the first mean gradient, averaged over the seeds."""
    examples = trial.splits.train.take(slice(0, SAMPLE))
    gradient = trial.network.gradient(examples.x.T, examples.y.T).values()
    squares = [np.square(g / len(examples), dtype=np.float64).sum(axis=(-2, -1)) for g in gradient]
    return float(np.sqrt(np.sum(squares, axis=0)).mean())


def tuned(trials: Sequence[Trial], setup: Setup) -> Generator[Progress, None, Rated]:
    """For each cost the best rate of a sweep, from 1/16 to 16 times the config's, on seeds that are not compared.

    The best is the rate with the smallest median time to the first target, then the smallest final error.
    """
    sweeps, chosen = [], []
    for trial in trials:
        network = other_seeds(trial.network)
        rates = [trial.learning_rate * factor for factor in FACTORS]
        swept = [replace(trial, network=network, learning_rate=rate) for rate in rates]
        results = yield from train_trials(swept, setup, "sweep of rates, ")
        rows = []
        for rate, result in zip(rates, results, strict=True):
            error = float(np.median(np.nan_to_num(result.final["error"], nan=np.inf)))
            times = result.arrivals(setup.targets[0], "updates")
            rows.append(SweepRow(rate, times, error if np.isfinite(error) else None))
        best = min(rows, key=_order).rate
        sweeps.append(Sweep(trial.vary, trial.cost, tuple(rows), best, best in (rates[0], rates[-1])))
        chosen.append(replace(trial, learning_rate=best))
    return chosen, sweeps


def other_seeds(network: Network) -> Network:
    """A network like this one from seeds that follow its own, so that rates are not chosen on the seeds compared."""
    used = [int(seed) for seed in np.atleast_1d(network.seed)]
    return network.with_seed([max(used) + 1 + k for k in range(min(len(used), SWEEP_SEEDS))])


def _order(row: SweepRow) -> tuple[float, float, float]:
    """Sooner is better; where the median never arrives, more arrivals, then a smaller error."""
    median, error = (np.inf if number is None else number for number in (row.arrivals.median, row.error))
    return (median, 0 if np.isfinite(median) else -row.arrivals.reached, error)


POLICIES: dict[str, Policy] = {"same": same, "matched": matched, "tuned": tuned}
