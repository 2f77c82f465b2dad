"""Where the learning rates of a comparison come from: the same for all, matched at the first step, tuned by a sweep.

A policy takes the trials of one condition and returns them with their rates, and the sweeps it made on the way. What a
sweep needs to be trained it asks for, so that the sweeps of all conditions and costs run side by side.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from bpnet import training
from bpnet.comparison.results import CostResult, Setup, Sweep, SweepRow
from bpnet.comparison.trials import Part, Trial
from bpnet.errors import UsageError
from bpnet.metrics import Array

FIRST = range(-4, 5)  # powers of 2 times the config's rate that a sweep begins with: from 1/16 to 16
WIDENED = 4  # powers of 2 that a sweep grows by where the best rate lies at its end: 16 times
WIDEST = 16  # powers of 2 from the config's rate, either way, at which a sweep gives up: 65,536 times
SWEEP_SEEDS = 5  # seeds with which a sweep finds the region of the best rate
FINALISTS = 3  # rates of that region, ranked on as many seeds as are compared: five mistake a lucky rate for the best

Found = TypeVar("Found")
Rated = tuple[Sequence[Trial], list[Sweep]]
Search = Generator[Sequence[Trial], Sequence[CostResult], Found]  # asks for trials to be trained, gets their results
Policy = Callable[[Sequence[Trial], Setup], Search[Rated]]


def same(trials: Sequence[Trial], setup: Setup) -> Search[Rated]:
    """Every cost at the config's rate."""
    yield from ()
    return trials, []


def matched(trials: Sequence[Trial], setup: Setup) -> Search[Rated]:
    """Rates that make the costs' first steps equally long, the first cost keeping its own (`with_matched_rates`)."""
    yield from ()
    return [replace(trial, learning_rate=trial.matched_rate) for trial in trials], []


def with_matched_rates(trials: Sequence[Trial]) -> list[Trial]:
    """The trials with the rates that make their first steps as long as that of the first.

    A step is what the optimiser in use makes of each seed's first mini-batch, in the space of all weights and biases;
    its length is averaged over the seeds. A step that vanishes or is not finite is a UsageError: no rate can match it.
    """
    lengths = [_first_step(trial) for trial in trials]
    for trial, length in zip(trials, lengths, strict=True):
        if not (np.isfinite(length) and length > 0):
            raise UsageError(f"cost {trial.cost!r} has a first step of length {length:g}; no rate can match it")
    factors = (1.0 if trial.fixed else lengths[0] / length for trial, length in zip(trials, lengths, strict=True))
    return [replace(t, matched_rate=t.learning_rate * factor) for t, factor in zip(trials, factors, strict=True)]


def _first_step(trial: Trial) -> float:
    """The length of the first step, averaged over the seeds."""
    lengths = [_steps(part, trial) for part in trial.parts]
    return float(np.concatenate(lengths).mean())


def _steps(part: Part, trial: Trial) -> Array:
    """The lengths of the first steps of a part's networks, (seeds,), which stay as they are.

    In float64: beside weights of float32 a short step is rounded away.
    """
    before = {name: p.astype(np.float64) for name, p in part.network.parameters.items()}
    network = part.network.with_parameters({name: p.copy() for name, p in before.items()})
    settings = replace(trial.settings, learning_rate=trial.learning_rate, seed=network.seed, measure=False)
    next(training.steps(network, part.splits.train, settings))
    return training.norm([p - before[name] for name, p in network.parameters.items()])


def tuned(trials: Sequence[Trial], setup: Setup) -> Search[Rated]:
    """For each cost the best rate of a sweep around the config's, on seeds that are not compared.

    The best is the rate with the smallest median time to the first target, then the smallest final error. A sweep whose
    best rate lies at its end is widened there, one in which no rate arrives at both, up to 65,536 times the config's.
    Five seeds find the region of the best rate; its three best are ranked again on as many seeds as are compared.
    """
    sweeps = yield from side_by_side([_sweep(trial, setup) for trial in trials if not trial.fixed])
    best = (sweep.best for sweep in sweeps)
    return [trial if trial.fixed else replace(trial, learning_rate=next(best)) for trial in trials], sweeps


def side_by_side(searches: Sequence[Search[Found]]) -> Search[list[Found]]:
    """Several searches as one, which asks at once for all that they ask for; returns what each has found."""
    found: dict[int, Found] = {}
    asked: dict[int, Sequence[Trial]] = {}

    def advance(k: int, results: Sequence[CostResult] | None) -> None:
        try:
            asked[k] = next(searches[k]) if results is None else searches[k].send(results)
        except StopIteration as end:
            asked.pop(k, None)
            found[k] = end.value

    for k in range(len(searches)):
        advance(k, None)
    while asked:
        results = iter((yield [trial for trials in asked.values() for trial in trials]))
        for k, trials in list(asked.items()):
            advance(k, [next(results) for _ in trials])
    return [found[k] for k in range(len(searches))]


def first_sweep(trial: Trial) -> list[Trial]:
    """The trials that a sweep begins with, on other seeds."""
    return _at_powers(replace(trial, parts=_other_seeds(trial.parts, SWEEP_SEEDS)), FIRST)


def _at_powers(trial: Trial, powers: Sequence[int]) -> list[Trial]:
    """The trial at its rate times powers of 2."""
    return [replace(trial, learning_rate=trial.learning_rate * 2.0**k) for k in powers]


def _sweep(trial: Trial, setup: Setup) -> Search[Sweep]:
    """The sweep of one cost under one condition: few seeds find where the best rates lie, then many rank these."""
    rows: dict[int, SweepRow] = {}
    powers, swept = list(FIRST), first_sweep(trial)
    while powers:
        rows |= _tried(powers, swept, (yield swept), setup)
        powers = _further(min(rows, key=lambda k: _order(rows[k])), rows)
        swept = _at_powers(replace(trial, parts=swept[0].parts), powers)
    finalists = sorted(sorted(rows, key=lambda k: _order(rows[k]))[:FINALISTS])
    if setup.seeds > SWEEP_SEEDS:
        swept = _at_powers(replace(trial, parts=_other_seeds(trial.parts, setup.seeds)), finalists)
        rows |= _tried(finalists, swept, (yield swept), setup)
    best = min(finalists, key=lambda k: _order(rows[k]))
    at_end = best in (min(rows), max(rows))
    return Sweep(trial.vary, trial.cost, tuple(rows[k] for k in sorted(rows)), rows[best].rate, at_end)


def _tried(
    powers: Sequence[int], swept: Sequence[Trial], results: Sequence[CostResult], setup: Setup
) -> dict[int, SweepRow]:
    """A row for each power of 2, of the trial at that rate."""
    rows = {}
    for k, one, result in zip(powers, swept, results, strict=True):
        error = float(np.median(np.nan_to_num(result.final["error"], nan=np.inf)))
        times = result.arrivals(setup.targets[0], "updates")
        rows[k] = SweepRow(one.learning_rate, times, error if np.isfinite(error) else None)
    return rows


def _further(best: int, rows: Mapping[int, SweepRow]) -> list[int]:
    """The powers of 2 to try next: beyond the end at which the best one lies, none where it lies inside.

    Where no rate has arrived, the smallest error may lie inside by chance, so that both ends are widened.
    """
    low, high = min(rows), max(rows)
    nowhere = not any(row.arrivals.reached for row in rows.values())
    up, down = list(range(high + 1, high + 1 + WIDENED)), list(range(low - WIDENED, low))
    if best == low and low > -WIDEST:
        return down
    if (best == high or nowhere) and high < WIDEST:
        return up
    return down if nowhere and low > -WIDEST else []


def _other_seeds(parts: Sequence[Part], most: int) -> tuple[Part, ...]:
    """The same networks from seeds that follow all of theirs, so that rates are not chosen on the seeds compared."""
    after = 1 + max(int(seed) for part in parts for seed in np.atleast_1d(part.network.seed))
    few = min(len(np.atleast_1d(parts[0].network.seed)), most)
    return tuple(
        replace(part, network=part.network.with_seed(range(after + k * few, after + (k + 1) * few)))
        for k, part in enumerate(parts[: most // few])
    )


def _order(row: SweepRow) -> tuple[float, float, float]:
    """Sooner is better; where the median never arrives, more arrivals, then a smaller error."""
    median, error = (np.inf if number is None else number for number in (row.arrivals.median, row.error))
    return (median, 0 if np.isfinite(median) else -row.arrivals.reached, error)


POLICIES: dict[str, Policy] = {"same": same, "matched": matched, "tuned": tuned}
EACH = "each"  # the name for all policies, one after the other
