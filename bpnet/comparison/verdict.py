"""What a comparison says, in words that are true to its numbers, whichever cost wins.

The first line names all that the verdict depends on; then a line for each pair of costs under each condition. "Faster"
and "more often" are said only where chance is excluded (`docs/statistics.md`), or where the book's neuron has none.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bpnet.comparison.results import Condition, CostResult, DeadOutputs, Setup, Sweep, label
from bpnet.comparison.statistics import FEWEST, Speedup
from bpnet.config.locations import YAML_WORDS, counted
from bpnet.metrics import Target

FIRST_WEIGHTS = ("network.hidden", "network.init", "network.init_scale", "network.output_bias")  # keys they depend on
UNITS = {"epochs": ("epoch", "epochs"), "updates": ("mini-batch", "mini-batches")}


def lines(setup: Setup, conditions: Sequence[Condition], sweeps: Sequence[Sweep]) -> Iterator[str]:
    """The verdict, line by line."""
    facts = [_facts(setup, condition) for condition in conditions]
    common = [fact for fact in facts[0] if all(fact in others for others in facts)]
    settings = ((cost, key, value) for cost, keys in setup.own.items() for key, value in keys.items())
    own = (f"{cost} alone has {key} = {YAML_WORDS.get(repr(value), value)}" for cost, key, value in settings)
    seeds = counted(setup.seeds, "seed") if setup.config else "nothing is random"
    seeds += ", each with data of its own" if setup.vary_data else ""
    tests = sum(len(pairs) for condition in conditions for pairs in condition.speedups.values())
    chance = [f"p by Holm's correction for {tests} tests"] if tests > 1 < setup.seeds else []
    some = f"the first {counted(setup.check_on, 'example')} of " if setup.check_on else ""
    yield "; ".join([f"target {setup.targets[0]} on {some}the {setup.part} part", *common, *own, seeds, *chance]) + "."
    for condition, fact in zip(conditions, facts, strict=True):
        heading = ", ".join(filter(None, [condition.label, *(one for one in fact if one not in common)]))
        for k, pair in enumerate(condition.speedups[setup.targets[0]]):
            sentences = [*_sentences(setup, condition, pair), *_remarks(setup, condition, pair, sweeps, first=k == 0)]
            yield (f"{heading}: " if heading else "") + "; ".join(sentences)


def _facts(setup: Setup, condition: Condition) -> list[str]:
    """What the times depend on: resolution, budget and learning rates."""
    results = condition.results
    steps = _each(results, lambda one: counted(one.steps // one.epochs, *UNITS["updates"]))
    checks = f"checked after each epoch ({steps})"
    if setup.check_every:
        checks = f"checked every {counted(setup.check_every, *UNITS['updates'])} and at the end"
    budget = _each(results, lambda one: counted(one.budget, *UNITS["epochs"]))
    return [checks, f"within {budget}", _rates(setup, condition)]


def _rates(setup: Setup, condition: Condition) -> str:
    """The learning rates and where they come from: `tuned learning rates, mse 3, ce 0.5 (given)`."""
    results, given, policy = condition.results, costs_given(setup), setup.rate_policy
    if given >= {one.cost for one in results}:
        return "given learning rates, " + _each(results, lambda one: f"{one.learning_rate:.3g}")
    rates = _each(results, lambda one: f"{one.learning_rate:.3g}{' (given)' if one.cost in given else ''}")
    if condition.policy:  # the condition's label says it
        return rates if " " in rates else f"{rates} for all"
    if policy == "same":
        varied = any(key.endswith("learning_rate") for key in condition.vary)  # then the condition's label says it
        return f"learning rates {rates}" if given else f"the same learning rate{'' if varied else f', {rates}'}"
    return f"{policy} learning rates, {rates}"


def costs_given(setup: Setup) -> set[str]:
    """The costs whose learning rates the user gave."""
    return set(setup.rates) | {cost for cost, keys in setup.own.items() if "train.learning_rate" in keys}


def _each(results: Sequence[CostResult], value: Callable[[CostResult], str]) -> str:
    """A value that the costs have in common, or each cost's: `mse 3, ce 0.5`."""
    values = [value(one) for one in results]
    if len(set(values)) == 1:
        return values[0]
    return ", ".join(f"{one.cost} {text}" for one, text in zip(results, values, strict=True))


def _sentences(setup: Setup, condition: Condition, pair: Speedup) -> Iterator[str]:
    """Which of two costs reached the target sooner, by how much, and whether chance is excluded."""
    pair = _towards_the_faster(pair)
    results, target = {result.cost: result for result in condition.results}, setup.targets[0]
    fast, slow = results[pair.of], results[pair.over]
    unit = "updates" if setup.check_every or fast.steps // fast.epochs != slow.steps // slow.epochs else "epochs"
    if np.isnan([fast.updates[target], slow.updates[target]]).all():
        yield _times(fast, slow, target, unit) + (" in any seed" if pair.pairs > 1 else "")
        return
    times = f"{'in the median ' if pair.pairs > 1 else ''}{_times(fast, slow, target, unit)}"
    if pair.of_decided == 0:
        yield f"{times}: {_tied(fast, slow, target)}"
    elif setup.config is None:
        yield f"{times}: {_ratio(pair)} times faster"
    elif pair.pairs == 1:
        yield f"{times}: in this one seed {fast.cost} was first by a factor of {_ratio(pair)}, which may be chance"
    else:
        yield f"{times}: {_first(pair)}"
        yield _claim(pair)
    yield from _shares(fast, slow, pair, target)


def _towards_the_faster(pair: Speedup) -> Speedup:
    """The pair seen from the side of the cost that was first more often."""
    behind = 2 * pair.first_in < pair.of_decided
    even = 2 * pair.first_in == pair.of_decided and pair.median is not None and pair.median < 1
    return pair.reversed() if behind or even else pair


def _times(fast: CostResult, slow: CostResult, target: Target, unit: str) -> str:
    """The median times: `ce reached it in 17 epochs, mse in 232`, or that the median lies beyond the budget."""
    first, second = (result.arrivals(target, unit).median for result in (fast, slow))
    if first is None and second is not None:
        return _times(slow, fast, target, unit)
    if first is None:
        return f"neither reached it within {_each((fast, slow), lambda one: counted(one.limit(unit), *UNITS[unit]))}"
    later = f"not within {counted(slow.limit(unit), *UNITS[unit])}" if second is None else f"in {second:g}"
    return f"{fast.cost} reached it in {counted(first, *UNITS[unit])}, {slow.cost} {later}"


def _tied(fast: CostResult, slow: CostResult, target: Target) -> str:
    """What is to be said where no seed tells which of two costs was first."""
    met, also = fast.updates[target], slow.updates[target]
    both = int((met == also).sum())
    if both < max(np.isfinite(met).sum(), np.isfinite(also).sum()):
        return "no seed tells which is first, because their budgets differ"
    where = " in every seed" if both == len(met) else f" in each of the {counted(both, 'seed')} in which they arrived"
    return f"both at the same check{where if len(met) > 1 else ''}"


def _first(pair: Speedup) -> str:
    """How often one of two costs was first: `ce was first in 18 of the 19 seeds that tell`."""
    if pair.of_decided == 1:
        return f"{pair.of} was first in the one seed that tells"
    of = f"{pair.pairs} seeds" if pair.of_decided == pair.pairs else f"the {pair.of_decided} seeds that tell"
    return f"{pair.of} was first in {pair.first_in} of {of}"


def _claim(pair: Speedup) -> str:
    """What the seeds show, and what they could have shown."""
    if pair.pairs < FEWEST:
        return f"{pair.pairs} seeds are too few to exclude chance, which takes {FEWEST} or more"
    p = "" if pair.p_holm is None else f"sign test, p = {pair.p_holm:.2g}"
    if pair.faster:
        return f"{pair.faster} is faster ({p}): {_how_much(pair)}"
    power = f"; {pair.pairs} seeds would show a true ratio of {pair.detectable or 0:.3g} in 80 % of cases"
    return f"no difference in speed is shown ({p}): {_how_much(pair)}{power if pair.detectable else ''}"


def _how_much(pair: Speedup) -> str:
    """The median ratio with its interval: `mse took 2.13 times as long in the median (95 % interval 1.7 to 2.6)`."""
    if pair.median is None:
        return "how many times is not known, because too many seeds never arrived"
    ends = {
        (True, True): f"{pair.low or 0:.3g} to {pair.high or 0:.3g}",
        (True, False): f"from {pair.low or 0:.3g} on, no upper end seen",
        (False, True): f"up to {pair.high or 0:.3g}, no lower end seen",
        (False, False): "without ends",
    }
    took = f"{pair.over} took {_ratio(pair)} times as long" if pair.median != 1 else "both took equally long"
    ties = f", because {pair.pairs - pair.of_decided} of the {pair.pairs} seeds do not tell" if pair.median == 1 else ""
    return f"{took} in the median (95 % interval {ends[pair.low is not None, pair.high is not None]}){ties}"


def _ratio(pair: Speedup) -> str:
    """The median ratio with three digits, as its interval has: `at least 4.05`."""
    return f"{pair.bound} {pair.median or 1:.3g}".lstrip()


def _shares(fast: CostResult, slow: CostResult, pair: Speedup, target: Target) -> Iterator[str]:
    """How many seeds arrived, where not all did, and whether one cost arrives more often."""
    limit = min(fast.steps, slow.steps)
    reached = {one.cost: int((one.updates[target] <= limit).sum()) for one in (fast, slow)}
    if pair.pairs == 1 or set(reached.values()) == {pair.pairs}:
        return
    within = "" if fast.steps == slow.steps else f" within {counted(limit, *UNITS['updates'])}, the smaller budget"
    counts = " and ".join(f"{cost} in {count}" for cost, count in reached.items())
    surer = f", so {pair.surer} arrives more often (McNemar's test, p = {pair.share_p_holm:.2g})" if pair.surer else ""
    yield f"of {pair.pairs} seeds {counts} arrived{within}{surer}"


def _remarks(setup: Setup, condition: Condition, pair: Speedup, sweeps: Sequence[Sweep], first: bool) -> Iterator[str]:
    """What else there is to say of each cost; of the one that all are compared with, in its first line only."""
    costs = {pair.of, pair.over} if first else {pair.of}
    swept = [one for one in sweeps if one.condition == condition.vary and condition.policy in ("", "tuned")]
    for result in (one for one in condition.results if one.cost in costs):
        yield from _troubles(result, setup)
        for sweep in (one for one in swept if one.cost == result.cost):
            if sweep.at_end:
                yield f"the best rate of {sweep.cost} lies at the end of its sweep, so another rate may change this"
            if not any(row.arrivals.reached for row in sweep.rows):
                yield f"no rate in the sweep of {sweep.cost} reached it, so its rate is that of the smallest error"


def _troubles(result: CostResult, setup: Setup) -> Iterator[str]:
    """Seeds that arrived before the first step, classes that are hardly recognised, seeds that diverged."""
    of = f" of {counted(setup.seeds, 'seed')}"
    if early := int((result.updates[setup.targets[0]] == 0).sum()):
        yield f"{result.cost} met it before the first step in {early}{of}"
    yield from _dead(result.cost, result.dead_outputs(setup.classes), setup.seeds)
    if result.diverged:
        yield f"{result.cost} diverged in {result.diverged}{of}, which counts as never arrived"


def _dead(cost: str, dead: DeadOutputs, of: int) -> Iterator[str]:
    """Classes that are hardly recognised at the end: those whose neurons hardly move, and those whose still can."""
    kinds = (
        (dead.classes, dead.recall, dead.slope, "and its output neuron hardly moves any more"),
        (dead.near, dead.near_recall, dead.near_slope, "though its output neuron can still move"),
    )
    for classes, recall, slope, words in kinds:
        if classes:
            where = ", ".join(f"{label} in {n}" for label, n in classes.items())
            yield (
                f"under {cost} some class is hardly recognised at the end (mean recall {recall:.2g}), {words} "
                f"(mean slope {slope:.1g}): class {where} of {counted(of, 'network')}"
            )


def table(conditions: Sequence[Condition], targets: Sequence[Target]) -> list[list[str]]:
    """The speed-ups over the first cost as rows of words: a condition (and cost) a row, a target a column."""
    rows = [["", *map(str, targets)]]
    for condition in conditions:
        pairs = [condition.speedups[target] for target in targets]
        for k, other in enumerate(condition.results[1:]):
            name = ", ".join(filter(None, [condition.label, other.cost if len(condition.results) > 2 else ""]))
            rows.append([name, *(_cell(of_target[k]) for of_target in pairs)])
    return rows


def _cell(pair: Speedup) -> str:
    """`2.13 (1.7 to 2.6)`, with a star where chance is excluded."""
    if pair.median is None:
        return "?"
    low, high = ("..." if end is None else f"{end:.3g}" for end in (pair.low, pair.high))
    ends = f" ({low} to {high})" if pair.low is not None or pair.high is not None else ""
    sign = {"at least": "≥ ", "at most": "≤ "}.get(pair.bound, "")
    return f"{sign}{pair.median:.3g}{ends}{' *' if pair.faster else ''}"


def warnings(setup: Setup, conditions: Sequence[Condition], sweeps: Sequence[Sweep]) -> list[str]:
    """What a reader of the verdict should know besides."""
    found: list[str] = []
    shared = [key for key in ("train.l2", "train.l1") if any(_shared(setup, one, key) for one in conditions)]
    if shared:
        found.append(
            f"the costs share {' and '.join(shared)}, and a penalty weighs more beside a small cost; "
            f"--for COST {shared[0]}=V gives a cost its own"
        )
    claimed = any(pair.faster for one in conditions for pairs in one.speedups.values() for pair in pairs)
    if claimed and setup.rate_policy == "same" and not costs_given(setup):
        found.append(
            "at one learning rate for all costs the rate may make the difference, not the cost; "
            "--rate-policy each tells the two apart"
        )
    for cost, keys in setup.own.items():
        if own := [key for key in keys if key in FIRST_WEIGHTS]:
            found.append(f"{cost} alone has {' and '.join(own)}, so its first weights are not those of the other costs")
    return found + [
        f"{one.cost}{f', {label(one.condition)}' if one.condition else ''}: the best rate of the sweep, {one.best:g}, "
        "lies at its end"
        for one in sweeps
        if one.at_end
    ]


def _shared(setup: Setup, condition: Condition, key: str) -> bool:
    """Whether two costs have the same penalty above 0 under a condition."""
    general = condition.vary.get(key, setup.config and getattr(setup.config.train, key.rpartition(".")[2]))
    penalties = [setup.own.get(one.cost, {}).get(key, general) for one in condition.results]
    return any(penalty and penalties.count(penalty) > 1 for penalty in penalties)
