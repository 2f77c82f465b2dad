"""Costs against each other: the same first weights, the same order of examples, the costs differ and nothing else."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import config as configs
from bpnet.comparison import neuron, verdict
from bpnet.comparison.plan import Plan, config_plan, neuron_plan, other_seeds
from bpnet.comparison.race import Entry, Lane, Rules, race
from bpnet.comparison.rates import POLICIES, Sweep, check_rates, matched, tuned
from bpnet.comparison.statistics import Speedup, arrivals, speedup
from bpnet.config import Config
from bpnet.costs import COSTS
from bpnet.errors import UsageError, did_you_mean, unknown

Array = NDArray[Any]

SEEDS = 20


@dataclass(frozen=True)
class Comparison:
    """What was found: `lanes`, a row of costs per condition; `summary` as summary.json holds it; `speedups` per row.

    `plan` says what was raced, `sweeps` what tuning the rates tried.
    """

    plan: Plan
    lanes: tuple[tuple[Lane, ...], ...]
    speedups: tuple[tuple[Speedup, ...], ...]
    sweeps: tuple[Sweep, ...]
    summary: dict[str, Any]

    @property
    def columns(self) -> dict[str, Array]:
        """The curves as tidy columns: what is varied, cost, seed, epoch, and every measure; NaN where there is none."""
        return tidy([lane for row in self.lanes for lane in row], self.plan)

    @property
    def curves(self) -> Any:
        """The curves as a pandas DataFrame where pandas is there, else the dict of columns."""
        try:
            import pandas as pd
        except ImportError:
            return self.columns
        return pd.DataFrame(self.columns)

    def plot(self, ax: Any = None) -> Any:
        """Draw the comparison: the error of every cost into an Axes, or without one the whole figure."""
        from bpnet.comparison import pictures

        return pictures.whole(self) if ax is None else pictures.errors(ax, self)

    def save(self, out: Path | None = None, command: Sequence[str] = ()) -> Path:
        """Write a folder of files and pictures, new as a run's is; returns its path."""
        from bpnet.comparison import folder

        return folder.save(self, out, command)


def compare(
    costs: Sequence[str],
    config: str | Path | Config | Mapping[str, Any] | None = None,
    *,
    seeds: int = SEEDS,
    vary: Mapping[str, Sequence[Any]] | None = None,
    rates: Mapping[str, float] | None = None,
    rate_policy: str = "same",
    targets: Sequence[str] = (),
    check_every: int | None = None,
    check_on: int | None = None,
    sets: Sequence[str] = (),
    surface: bool = False,
    on_epoch: Callable[[Any], object] | None = None,
) -> Comparison:
    """Race costs against each other, from a config or as the book's neuron.

    Every seed gives one set of first weights, shared by the costs; the order of examples is one for all. `vary` maps
    config keys to values, a condition for each (for each pair of values with two keys). `rates` gives costs their own
    learning rate, `rate_policy` says where the others come from: `same` (the config's), `matched` (equally long first
    steps), `tuned` (the best of a sweep). A target, such as `error<0.1`, is checked after every epoch, or every
    `check_every` mini-batches, on the validation part, else the training part, or only its first `check_on` examples.
    `surface` keeps the paths that the picture of the cost surface needs.

    Raises:
        UsageError: contenders, keys, values, targets or rates that make no comparison.
        DataError: data that cannot be had.
    """
    begun = time.perf_counter()
    _check(costs, seeds, rate_policy, (check_every, check_on))
    check_rates(rates or {}, costs)
    if config is None:
        plan = neuron_plan(costs, vary or {}, targets)
    else:
        base = configs.load(config, sets).config if isinstance(config, str | Path) else configs.of(config)
        plan = config_plan(costs, base, seeds, vary or {}, targets)
    rules = Rules(plan.targets, check_every, check_on, plan.shown, keep_path=surface)
    rows, sweeps = _with_rates(plan, rates or {}, rate_policy, rules)
    lanes = _in_rows(race([entry for row in rows for entry in row], rules, on_epoch), len(costs))
    speedups = tuple(tuple(_pair(row[0], other, plan) for other in row[1:]) for row in lanes)
    about = {"rate_policy": rate_policy, "rates": dict(rates or {}), "check_every": check_every, "check_on": check_on}
    summary = summarise(plan, lanes, speedups, sweeps, about) | {"seconds": time.perf_counter() - begun}
    return Comparison(plan, lanes, speedups, tuple(sweeps), summary)


def _check(costs: Sequence[str], seeds: int, policy: str, checks: Sequence[int | None]) -> None:
    for cost in costs:
        if cost not in COSTS:
            raise unknown("cost", cost, COSTS)
    if len(costs) < 2 or len(set(costs)) < len(costs):
        raise UsageError(f"a comparison takes two different costs or more; got {', '.join(costs) or 'none'}")
    if policy not in POLICIES:
        raise UsageError(f"unknown rate policy {policy!r}; {did_you_mean(policy, POLICIES)}")
    if seeds < 1 or any(number is not None and number < 1 for number in checks):
        raise UsageError("seeds, mini-batches between checks and examples to check on are counted from 1")


def _with_rates(
    plan: Plan, rates: Mapping[str, float], policy: str, rules: Rules
) -> tuple[list[list[Entry]], list[Sweep]]:
    """The entries of every condition with their rates, and the sweeps of tuned ones."""
    rows, sweeps = [], []
    for entries in plan.entries:
        row: Sequence[Entry] = entries
        if policy == "matched":
            row = matched(row)
        elif policy == "tuned":
            row, found = tuned(row, rules, other_seeds)
            sweeps += found
        rows.append([replace(entry, rate=rates.get(entry.cost, entry.rate)) for entry in row])
    return rows, sweeps


def _in_rows(lanes: Sequence[Lane], width: int) -> tuple[tuple[Lane, ...], ...]:
    return tuple(tuple(lanes[k : k + width]) for k in range(0, len(lanes), width))


def _pair(over: Lane, of: Lane, plan: Plan) -> Speedup:
    """How much sooner a cost arrived than the first one, in mini-batches, by the first target."""
    first = str(plan.targets[0])
    limit = max(over.limit_updates, of.limit_updates)
    return speedup(of.cost, over.cost, of.updates[first], over.updates[first], limit)


def summarise(
    plan: Plan,
    lanes: Sequence[Sequence[Lane]],
    speedups: Sequence[Sequence[Speedup]],
    sweeps: Sequence[Sweep],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """summary.json: per condition every cost's rate, times, final measures, dead outputs; the speed-up; the verdict."""
    unit = "updates" if about["check_every"] else "epochs"
    first = str(plan.targets[0])
    conditions, sentences = [], []
    for label, row, pairs in zip(plan.labels, lanes, speedups, strict=True):
        found = {lane.cost: _about(lane, plan) for lane in row}
        conditions.append(
            {
                "vary": dict(row[0].condition),
                "label": label,
                "costs": found,
                "speedup": pairs[0].as_json(),
                "speedups": [pair.as_json() for pair in pairs],
            }
        )
        for pair in pairs:
            two = {name: found[name] for name in (pair.over, pair.of)}
            sentences.append(verdict.sentence(label, two, pair, first, unit))
    return {
        "name": plan.name,
        "costs": [lane.cost for lane in lanes[0]],
        "target": first,
        "targets": [str(one) for one in plan.targets],
        "unit": unit,
        **about,
        "seeds": plan.seeds,
        "vary": {key: list(values) for key, values in plan.vary.items()},
        "conditions": conditions,
        "sweeps": [vars(sweep) | {"rows": list(sweep.rows)} for sweep in sweeps],
        "warnings": verdict.warnings(sweeps),
        "verdict": "\n".join(sentences),
    }


def _about(lane: Lane, plan: Plan) -> dict[str, Any]:
    """One cost under one condition."""
    first = str(plan.targets[0])
    about: dict[str, Any] = {
        "learning_rate": lane.rate,
        "epochs_to_target": arrivals(lane.arrived[first]),
        "updates_to_target": arrivals(lane.updates[first]),
        "targets": {name: arrivals(times) for name, times in lane.arrived.items()},
        "epochs": lane.limit,
        "updates": lane.limit_updates,
        "final": {name: float(np.median(values)) for name, values in lane.final.items() if name != "cost"},
        "dead_outputs": verdict.dead_outputs(lane, plan.classes),
        "diverged": lane.diverged,
    }
    if plan.config is None:
        about["output_after_300"] = float(lane.curves["train_error"][lane.epochs == neuron.EPOCHS][0, 0])
        about["closed_form"] = {
            str(one): neuron.epochs_to(lane.cost, neuron_start(lane), one.bound, lane.rate) for one in plan.targets
        }
    return about


def neuron_start(lane: Lane) -> float:
    """Where a neuron's lane began."""
    start = lane.condition.get("start")
    return float(lane.condition["z0"]) if start is None else sum(neuron.STARTS[start])


def tidy(lanes: Sequence[Lane], plan: Plan) -> dict[str, Array]:
    """The lanes as columns of one length, in the order condition, cost, seed, epoch."""
    names = list(dict.fromkeys(name for lane in lanes for name in lane.curves))
    keys = list(dict.fromkeys(key for lane in lanes for key in lane.condition))
    start = 0 if plan.config is None else plan.config.seed
    blocks: dict[str, list[Array]] = {name: [] for name in (*keys, "cost", "seed", "epoch", *names)}
    for lane in lanes:
        e, s = len(lane.epochs), next(iter(lane.curves.values())).shape[1]
        for key in keys:
            blocks[key].append(np.full(e * s, lane.condition[key], dtype=object))
        blocks["cost"].append(np.full(e * s, lane.cost, dtype=object))
        blocks["seed"].append(np.repeat(np.arange(start, start + s), e))
        blocks["epoch"].append(np.tile(lane.epochs, s))
        for name in names:
            blocks[name].append(lane.curves[name].T.ravel() if name in lane.curves else np.full(e * s, np.nan))
    return {name: np.concatenate(parts) for name, parts in blocks.items()}
