"""What a comparison refuses before its first step: keys that do nothing, rules that wait, targets already met."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet import training
from bpnet.comparison.contenders import REPORTS, Contender
from bpnet.comparison.results import Setup, label
from bpnet.comparison.trials import Trial
from bpnet.config import Config
from bpnet.errors import UsageError, did_you_mean
from bpnet.experiment import Experiment
from bpnet.training import Settings

USELESS = {  # keys that `vary` does not take, and why
    "name": "it names the config and changes nothing that is trained",
    "seed": "a comparison's seeds are counted by --seeds, from the config's on",
    "train.cost": "the costs are what is compared",
} | dict.fromkeys(REPORTS, "it changes nothing that is trained")
SECTIONS = ("data", "network", "train")  # whole sections of a config, whose keys vary one by one
SEARCHED = ("tuned", "each")  # policies under which the best rate is looked for wherever the config's lies


def refuse_useless(
    vary: Mapping[str, Sequence[Any]],
    rates: Mapping[str, float],
    costs: Sequence[Contender],
    policy: str,
    vary_data: bool,
) -> None:
    """Refuse, as a UsageError, keys to vary that would give one result several labels, and a policy with no effect."""
    useless = dict(USELESS) | dict.fromkeys(SECTIONS, "it is a whole section, whose keys vary one by one")
    all_given = all(one.name in rates or "train.learning_rate" in one.changes for one in costs)
    for key in ("train.learning_rate", "learning_rate"):  # of a config, and of the book's neuron
        if policy in SEARCHED:
            useless[key] = f"--rate-policy {policy} looks for the rates itself"
        elif all_given:
            useless[key] = "--rate and --for give every cost a rate of its own"
    if vary_data:
        useless["data.seed"] = "--vary-data varies it already"
    for key, values in vary.items():
        if all(key in one.changes for one in costs):
            useless[key] = "--for gives every cost a value of its own"
        if key in useless:
            raise UsageError(f"--vary {key}: {useless[key]}; take it out")
        if not values:
            raise UsageError(f"--vary {key}: no values; write some, such as --vary {key}=V,V")
    if all_given and policy != "same":
        raise UsageError(
            f"--rate-policy {policy}: --rate and --for give every cost a rate of its own; keep one of the two"
        )


def refuse_rates(rates: Mapping[str, float], costs: Sequence[Contender]) -> None:
    """Refuse rates of nobody, rates that are no rates, and rates given twice."""
    names = [one.name for one in costs]
    for cost, rate in rates.items():
        if cost not in names:
            raise UsageError(f"--rate {cost}={rate:g}: no such cost is compared; {did_you_mean(cost, names)}")
        if not (np.isfinite(rate) and rate > 0):
            raise UsageError(f"--rate {cost}={rate:g}: a learning rate is a number above 0")
        if "train.learning_rate" in costs[names.index(cost)].changes:
            raise UsageError(f"--rate {cost}={rate:g}: --for gives {cost} a learning rate too; keep one of the two")


def refuse_equal(vary: Mapping[str, Sequence[Any]], conditions: Sequence[Config]) -> None:
    """Refuse values under which nothing differs: one result under two labels."""
    seen: dict[str, int] = {}
    for k, config in enumerate(conditions):
        content = repr((config.data, config.network, config.train))
        if content in seen:
            keys = ", ".join(vary)
            raise UsageError(
                f"--vary {keys}: conditions {seen[content] + 1} and {k + 1} are the same; keep one of them"
            )
        seen[content] = k


def refuse_idle(config: Config, vary: Mapping[str, Sequence[Any]], costs: Sequence[Contender]) -> None:
    """Refuse settings of one cost that the config has already: nobody would have them alone."""
    for one in costs:
        for key, value in one.changes.items():
            if key not in vary and configs.changed(config, {key: value}, f"--for {one.name}") == config:
                raise UsageError(f"--for {one.name} {key}={value}: all have that already; take it out")


def refuse_other_classes(vary: Mapping[str, Sequence[Any]], ready: Sequence[Experiment]) -> None:
    """Refuse conditions that tell other classes, or are scored on another part: one table cannot hold them."""
    if len({(one.model.classes, one.splits.scored) for one in ready}) > 1:
        raise UsageError(
            f"--vary {', '.join(vary)}: the conditions have other classes or other parts; compare each alone"
        )


def refuse_same_data(vary: Mapping[str, Sequence[Any]], ready: Sequence[Experiment]) -> None:
    """Refuse seeds of data that give the same examples: one result under two labels."""
    for one, other in pairwise(ready) if "data.seed" in vary else ():
        if one.config.data.seed != other.config.data.seed and same_examples(one, other):
            raise UsageError(f"--vary data.seed: neither points nor split of {one.config.data.name!r} depend on it")


def same_examples(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments learn from the same examples, in whatever order."""
    if one.data_sha256 != other.data_sha256:
        return False
    first, second = (np.hstack([some.splits.train.x, some.splits.train.y]) for some in (one, other))
    return Counter(row.tobytes() for row in first) == Counter(row.tobytes() for row in second)


def refuse_waiting(settings: Settings) -> None:
    """Refuse rules that wait for one network's score: a comparison trains many networks at once."""
    waits = {
        "train.early_stopping": settings.early_stopping is not None,
        "train.schedule": settings.schedule is not None and settings.schedule.waits,
    }
    for key in (key for key, waiting in waits.items() if waiting):
        raise UsageError(
            f"{key} waits for the score of one network, and a comparison trains many at once; "
            f"leave it out with --set {key}=null"
        )


def refuse_surface(rows: Sequence[Sequence[Trial]]) -> None:
    """Refuse the picture of one surface under costs whose networks differ."""
    for trial in rows[-1]:
        if trial.parts[0].network.sizes != rows[-1][0].parts[0].network.sizes:
            raise UsageError(f"--surface: the network of {trial.cost} has other sizes, so no surface is common to all")


def refuse_check_on(setup: Setup, rows: Sequence[Sequence[Trial]]) -> None:
    """Refuse to check on more examples than there are."""
    there_are = min(len(part.splits.present[setup.part]) for row in rows for part in row[0].parts)
    if setup.check_on is not None and setup.check_on > there_are:
        raise UsageError(f"--check-on {setup.check_on}: more than the {there_are} of the {setup.part} part; take fewer")


def refuse_curvature(rows: Sequence[Sequence[Trial]]) -> None:
    """Refuse an optimiser that needs the curvature of a cost that has none, as a training of one network does."""
    for trial in (trial for row in rows for trial in row):
        training.start(trial.parts[0].network, trial.settings)


def refuse_met(setup: Setup, rows: Sequence[Sequence[Trial]]) -> None:
    """Refuse targets that every network of a condition meets before its first step: there is nothing to measure."""
    for trial in (row[0] for row in rows):
        met = [_met(trial, part, setup) for part in range(len(trial.parts))]
        for k, target in enumerate(setup.targets):
            if all(part[k].all() for part in met):
                where = f" under {label(trial.vary)}" if trial.vary else ""
                raise UsageError(f"--target {target}: met before the first step{where}; take one further off")


def _met(trial: Trial, part: int, setup: Setup) -> list[Any]:
    """Which networks of a part meet each target before the first step, (seeds,)."""
    network, splits = trial.parts[part].network, trial.parts[part].splits
    scored = splits.present[setup.part].take(slice(0, setup.check_on))
    row = training.measure(network, scored, [target.measure for target in setup.targets])
    return [target.met(row[target.measure]) for target in setup.targets]
