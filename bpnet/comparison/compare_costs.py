"""Costs against each other: the same first weights, order and dropout for each seed; the costs differ, nothing else."""

import itertools
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bpnet import config as configs
from bpnet.comparison import checks
from bpnet.comparison.comparison import Comparison
from bpnet.comparison.contenders import Compared, Contender, contenders
from bpnet.comparison.kept import Kept, examples_digest
from bpnet.comparison.plan import config_plan, neuron_plan
from bpnet.comparison.rates import EACH, POLICIES, Found, Search, side_by_side, with_matched_rates
from bpnet.comparison.results import Condition, CostResult, Setup, Sweep
from bpnet.comparison.sets import Progress, Sets
from bpnet.comparison.statistics import Speedup, corrected, speedup
from bpnet.comparison.surface import surfaces
from bpnet.comparison.trials import Trial
from bpnet.comparison.units import count_epochs
from bpnet.comparison.workers import Workers, workers_for
from bpnet.config import Config
from bpnet.errors import DataError, UsageError, unknown
from bpnet.metrics import Target
from bpnet.training.settings import is_count

SEEDS = 20  # runs per cost when nobody says; they find a true ratio of 1.5 in about 80 % of cases

Rows = list[list[Trial]]  # a row a condition, a trial a contender


class Comparing:
    """A comparison under way: iterating trains and gives the progress; then `comparison` is there.

    After `keep`, finished sets are kept in the comparison's folder, and a comparison that was stopped can be resumed.
    """

    def __init__(
        self, setup: Setup, planned: Rows, surface: bool, costs: Sequence[Contender], workers: Workers
    ) -> None:
        self.setup, self.planned, self.surface, self.costs, self.workers = setup, planned, surface, costs, workers
        self.kept: Kept | None = None
        self._comparison: Comparison | None = None

    def keep(self, out: str | Path | None = None, command: Sequence[str] = ()) -> Path:
        """Make the comparison's folder now, and keep in it what is finished; one that is there is a UsageError."""
        setup, stem = self.setup, "-".join(["compare", *(one.name for one in self.costs)])
        asked = self._options(), command, examples_digest(self.planned)
        self.kept = Kept.begin("comparison", out, stem, setup.name, setup.config, *asked)
        return self.kept.run.path

    def save(self) -> Path:
        """Write the whole comparison into the folder that `keep` made."""
        if self.kept is None:
            return self.comparison.save()
        return self.comparison.save_into(self.kept)

    def _options(self) -> dict[str, Any] | None:
        """What `comparing` is called with again to resume; None with objects of one's own, which no folder holds."""
        if not all(one.can_be_resumed for one in self.costs):
            return None
        names = ("seeds", "vary", "rates", "rate_policy", "own", "vary_data", "check_every", "check_on")
        options = {name: getattr(self.setup, name) for name in names if name != "seeds" or self.setup.config}
        targets = [str(target) for target in self.setup.targets]
        return {"costs": [one.name for one in self.costs], **options, "targets": targets, "surface": self.surface}

    def __iter__(self) -> Generator[Progress, None, None]:
        begun, setup = time.perf_counter(), self.setup
        try:
            rows, sweeps, results = yield from self._train()
        except BaseException as error:
            if self.kept is not None:
                self.kept.note("interrupted" if isinstance(error, KeyboardInterrupt | GeneratorExit) else "failed")
            raise
        axes, drawn = surfaces(rows[-1], results[-1])
        self._comparison = Comparison(
            **vars(setup),
            conditions=_conditions(setup, rows, results),
            sweeps=tuple(sweeps),
            seconds=self.kept.seconds if self.kept else time.perf_counter() - begun,
            surfaces=drawn,
            axes=axes,
        )

    def _train(self) -> Generator[Progress, None, tuple[Rows, list[Sweep], list[tuple[CostResult, ...]]]]:
        """Find the rates, then train everything: the rows as trained, the sweeps, and the results row by row."""
        setup, costs = self.setup, len(self.costs)
        policies = tuple(POLICIES) if setup.rate_policy == EACH else (setup.rate_policy,)
        under = list(itertools.product(self.planned, policies))
        with self.workers:
            sets = Sets(setup, count_epochs([trial for row, _ in under for trial in row]), self.kept, self.workers)
            rated = yield from _answered(side_by_side([POLICIES[policy](row, setup) for row, policy in under]), sets)
            names = [policy if len(policies) > 1 else "" for _, policy in under]
            rows = [[replace(t, policy=name) for t in row] for (row, _), name in zip(rated, names, strict=True)]
            trained = yield from sets.train([trial for row in rows for trial in row], keep_path=self.surface)
        sweeps = [sweep for _, tried in rated for sweep in tried]
        return rows, sweeps, [tuple(trained[k : k + costs]) for k in range(0, len(trained), costs)]

    @property
    def comparison(self) -> Comparison:
        """What was found."""
        if self._comparison is None:
            raise RuntimeError("a comparison is there when its loop is over")
        return self._comparison


def _answered(search: Search[Found], sets: Sets) -> Generator[Progress, None, Found]:
    """Train what a search asks for, round by round; returns what it has found."""
    results: list[CostResult] | None = None
    while True:
        try:
            asked = next(search) if results is None else search.send(results)
        except StopIteration as end:
            return end.value
        sets.total += count_epochs(asked)
        results = yield from sets.train(asked, "sweep of learning rates, ")


def _conditions(setup: Setup, rows: Rows, results: Sequence[tuple[CostResult, ...]]) -> tuple[Condition, ...]:
    """What was measured under each condition, its tests corrected for all that the comparison makes."""
    pairs = [pair for row in results for target in setup.targets for pair in _speedups(row, target)]
    of_all, others = iter(corrected(pairs)), len(results[0]) - 1
    return tuple(
        Condition(
            vary=trials[0].vary,
            results=row,
            speedups={target: tuple(next(of_all) for _ in range(others)) for target in setup.targets},
            start=trials[0].start,
            policy=trials[0].policy,
        )
        for trials, row in zip(rows, results, strict=True)
    )


def _speedups(row: Sequence[CostResult], target: Target) -> list[Speedup]:
    """How much sooner each cost met a target than the first one, in mini-batches."""
    first, *others = row
    return [
        speedup(other.cost, first.cost, other.updates[target], first.updates[target], (other.steps, first.steps))
        for other in others
    ]


def compare(
    costs: Sequence[Compared], config: Config | str | Path | Mapping[str, object] | None = None, **options: Any
) -> Comparison:
    """Compare costs, from a config or as the book's neuron. The options and errors are those of `comparing`.

    bpnet.compare(["mse", "ce"], "xor", seeds=100, vary={"network.init_scale": [1, 4, 16]}).save()
    """
    under_way = comparing(costs, config, **options)
    for _ in under_way:
        pass
    return under_way.comparison


def comparing(
    costs: Sequence[Compared],
    config: Config | str | Path | Mapping[str, object] | None = None,
    *,
    seeds: int = SEEDS,
    vary: Mapping[str, Sequence[Any]] | None = None,
    vary_data: bool = False,
    rates: Mapping[str, float] | None = None,
    rate_policy: str = "same",
    own: Mapping[str, Mapping[str, Any]] | None = None,
    targets: Sequence[str] = (),
    check_every: int | None = None,
    check_on: int | None = None,
    sets: Sequence[str] = (),
    seed: int | None = None,
    surface: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
) -> Comparing:
    """A comparison to be trained by iterating over it.

    `costs` are names, or a Cost or a subclass of Network of one's own. Each of the `seeds` is a whole run that the
    costs share: first weights, order of examples and dropout, and with `vary_data` the data drawn too. `vary` maps
    config keys to values; each combination is a condition. `rates` are costs' own learning rates; the others are by
    `rate_policy` (POLICIES, or "each" for one after the other). `own` maps a cost to config keys that it alone has
    otherwise, such as {"ce": {"train.l2": 0}}. `targets`, such as `error<0.1`, are checked after every epoch, or every
    `check_every` mini-batches, on the validation part, else the training part, or only its first `check_on` examples.
    `sets` and `seed` change the config. `surface` keeps the path of the parameters for the picture of the cost surface.
    `jobs` processes train at once (1: this one, -1: one for each core), or the workers of the dask scheduler whose
    address `cluster` is; the results are the same bits.

    Raises:
        UsageError: costs, keys, values, targets or rates that make no comparison, or one that measures nothing.
        DataError: data that cannot be had.
    """
    workers = workers_for(jobs, cluster)
    rates, own = dict(rates or {}), own or {}
    varied = {key: tuple(values) for key, values in (vary or {}).items()}
    compared = contenders(costs, own)
    _refuse_unknown(rate_policy, seeds, check_every, check_on)
    checks.refuse_rates(rates, compared)
    checks.refuse_useless(varied, rates, compared, rate_policy, vary_data)
    if config is not None:
        loaded = configs.load(config, sets, seed)
        setup, planned = config_plan(compared, loaded, seeds, varied, targets, vary_data)
    elif sets or seed is not None or own or vary_data or seeds != SEEDS:
        raise UsageError("--set, --seed, --seeds, --for and --vary-data go with a config; name one with --config")
    else:
        setup, planned = neuron_plan(compared, varied, targets)
    setup = replace(setup, rates=rates, rate_policy=rate_policy, own=own, check_every=check_every, check_on=check_on)
    planned = [[_rated(trial, rates) for trial in row] for row in planned]
    _refuse_unmeasurable(setup, planned, surface)
    if rate_policy in ("matched", EACH):  # before anything is trained, because there may be steps that no rate matches
        planned = [with_matched_rates(row) for row in planned]
    return Comparing(setup, planned, surface, compared, workers)


def _refuse_unknown(rate_policy: str, *counts: int | None) -> None:
    """Refuse a policy that there is not, and counts that are none."""
    if rate_policy not in (*POLICIES, EACH):
        raise unknown("rate policy", rate_policy, (*POLICIES, EACH))
    if not all(number is None or is_count(number) for number in counts):
        raise UsageError("seeds, mini-batches between checks and examples to check on are counted from 1")


def _refuse_unmeasurable(setup: Setup, planned: Rows, surface: bool) -> None:
    """Refuse, before anything is trained, what its networks and data make impossible."""
    checks.refuse_check_on(setup, planned)
    checks.refuse_curvature(planned)
    if surface:
        checks.refuse_surface(planned)
    checks.refuse_met(setup, planned)


def _rated(trial: Trial, rates: Mapping[str, float]) -> Trial:
    """The trial at its cost's own rate, where it has one."""
    return replace(trial, learning_rate=rates[trial.cost], fixed=True) if trial.cost in rates else trial


def comparing_again(path: str | Path, jobs: int = 1, cluster: str | None = None) -> Comparing:
    """A comparison that was stopped, to be trained further by iterating over it; what is finished is not trained anew.

    It may have other workers than before.

    Raises:
        UsageError: it is finished, runs right now, cannot be resumed, or its data have changed since.
        DataError: no comparison is there, or a damaged one.
    """
    kept = Kept.again(path, "comparison")
    config = kept.config()
    try:
        options = dict(kept.record["options"])
        under_way = comparing(options.pop("costs"), config, **options, jobs=jobs, cluster=cluster)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: run.json is damaged ({error}); compare anew") from error
    if examples_digest(under_way.planned) != kept.record.get("data_sha256"):
        raise UsageError(f"{path}: its data have changed since; resume with the data it began with, or compare anew")
    kept.note("running")
    under_way.kept = kept
    return under_way
