"""Costs against each other: the same first weights, the same order of examples, the costs differ and nothing else."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet.comparison.comparison import Comparison
from bpnet.comparison.plan import config_plan, neuron_plan
from bpnet.comparison.rates import POLICIES
from bpnet.comparison.results import Condition, CostResult, Setup, Sweep
from bpnet.comparison.statistics import Speedup, speedup
from bpnet.comparison.surface import surfaces
from bpnet.comparison.trials import Progress, Trial, train_trials
from bpnet.config import Config
from bpnet.costs import COSTS
from bpnet.errors import UsageError, did_you_mean, unknown
from bpnet.metrics import Target

SEEDS = 20  # first weights per cost when nobody says; a median of 20 has an interval worth the name


class Comparing:
    """A comparison under way: iterating trains and gives the progress; then `comparison` is there."""

    def __init__(self, setup: Setup, planned: Sequence[Sequence[Trial]], surface: bool) -> None:
        self.setup, self.planned, self.surface = setup, planned, surface
        self._comparison: Comparison | None = None

    def __iter__(self) -> Iterator[Progress]:
        begun, setup = time.perf_counter(), self.setup
        rows: list[list[Trial]] = []
        sweeps: list[Sweep] = []
        for planned in self.planned:
            trials, tried = yield from POLICIES[setup.rate_policy](planned, setup)
            sweeps += tried
            rows.append([replace(t, learning_rate=setup.rates.get(t.cost, t.learning_rate)) for t in trials])
        trained = yield from train_trials([t for row in rows for t in row], setup, keep_path=self.surface)
        results = [tuple(trained[k : k + len(rows[0])]) for k in range(0, len(trained), len(rows[0]))]
        axes, drawn = surfaces(rows[-1], results[-1])
        self._comparison = Comparison(
            **vars(setup),
            conditions=tuple(
                Condition(trials[0].vary, row, _speedups(row, setup.targets[0]), trials[0].start)
                for trials, row in zip(rows, results, strict=True)
            ),
            sweeps=tuple(sweeps),
            seconds=time.perf_counter() - begun,
            surfaces=drawn,
            axes=axes,
        )

    @property
    def comparison(self) -> Comparison:
        """What was found."""
        if self._comparison is None:
            raise RuntimeError("a comparison is there when its loop is over")
        return self._comparison


def _speedups(row: Sequence[CostResult], target: Target) -> tuple[Speedup, ...]:
    """How much sooner each cost met a target than the first one, in mini-batches."""
    first, *others = row
    return tuple(
        speedup(other.cost, first.cost, other.updates[target], first.updates[target], max(first.steps, other.steps))
        for other in others
    )


def compare(
    costs: Sequence[str], config: Config | str | Path | Mapping[str, object] | None = None, **options: Any
) -> Comparison:
    """Compare costs, from a config or as the book's neuron. The options and errors are those of `comparing`.

    bpnet.compare(["mse", "ce"], "xor", seeds=100, vary={"network.init_scale": [1, 4, 16]}).save()
    """
    under_way = comparing(costs, config, **options)
    for _ in under_way:
        pass
    return under_way.comparison


def comparing(
    costs: Sequence[str],
    config: Config | str | Path | Mapping[str, object] | None = None,
    *,
    seeds: int = SEEDS,
    vary: Mapping[str, Sequence[Any]] | None = None,
    rates: Mapping[str, float] | None = None,
    rate_policy: str = "same",
    targets: Sequence[str] = (),
    check_every: int | None = None,
    check_on: int | None = None,
    sets: Sequence[str] = (),
    seed: int | None = None,
    surface: bool = False,
) -> Comparing:
    """A comparison to be trained by iterating over it.

    Each of the `seeds` gives first weights that the costs share. `vary` maps config keys to values; each combination
    is a condition. `rates` are costs' own learning rates; the others are by `rate_policy` (POLICIES). `targets`, such
    as `error<0.1`, are checked after every epoch, or every `check_every` mini-batches, on the validation part, else the
    training part, or only its first `check_on` examples. `sets` and `seed` change the config. `surface` keeps the path
    of the parameters for the picture of the cost surface.

    Raises:
        UsageError: costs, keys, values, targets or rates that make no comparison.
        DataError: data that cannot be had.
    """
    rates = dict(rates or {})
    varied = {key: tuple(values) for key, values in (vary or {}).items()}
    _check(costs, rates, rate_policy, [number for number in (seeds, check_every, check_on) if number is not None])
    if config is not None:
        setup, planned = config_plan(costs, configs.load(config, sets, seed), seeds, varied, targets)
    elif sets or seed is not None:
        raise UsageError("--set and --seed change a config; name one with --config")
    else:
        setup, planned = neuron_plan(costs, varied, targets)
    setup = replace(setup, rates=rates, rate_policy=rate_policy, check_every=check_every, check_on=check_on)
    return Comparing(setup, planned, surface)


def _check(costs: Sequence[str], rates: Mapping[str, float], policy: str, counts: Sequence[int]) -> None:
    """Refuse what makes no comparison."""
    for cost in costs:
        if cost not in COSTS:
            raise unknown("cost", cost, COSTS)
    if len(costs) < 2 or len(set(costs)) < len(costs):
        raise UsageError(f"a comparison takes two different costs or more; got {', '.join(costs) or 'none'}")
    if policy not in POLICIES:
        raise unknown("rate policy", policy, POLICIES)
    if any(number < 1 for number in counts):
        raise UsageError("seeds, mini-batches between checks and examples to check on are counted from 1")
    for cost, rate in rates.items():
        if cost not in costs:
            raise UsageError(f"--rate {cost}={rate:g}: no such cost is compared; {did_you_mean(cost, costs)}")
        if not (np.isfinite(rate) and rate > 0):
            raise UsageError(f"--rate {cost}={rate:g}: a learning rate is a number above 0")
