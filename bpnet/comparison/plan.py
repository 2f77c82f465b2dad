"""What a comparison trains: from a config and what is varied to trials, with the same seeds for each cost."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bpnet import config as configs
from bpnet import experiment as experiments
from bpnet.comparison import neuron
from bpnet.comparison.checks import (
    refuse_equal,
    refuse_idle,
    refuse_other_classes,
    refuse_same_data,
    refuse_waiting,
    same_examples,
)
from bpnet.comparison.contenders import REPORTS, Contender
from bpnet.comparison.results import Setup
from bpnet.comparison.targets import parse_targets
from bpnet.comparison.trials import Part, Trial
from bpnet.config import Config
from bpnet.data import Dataset, Splits
from bpnet.errors import UsageError
from bpnet.experiment import Experiment
from bpnet.metrics import Target
from bpnet.training import Settings

STARTS = ("init", "init_scale", "output_bias")  # keys in which replicas of one set may differ, beside the rate
NEURON_KEYS = {"z0": (-1000.0, 1000.0), "learning_rate": (1e-9, 1e9)}  # what varies without a config, from and to
NEURON_LIMIT = 200_000  # epochs; what needs more by the closed form is said never to arrive
NEURON_EPOCHS = 3000  # epochs at least, for costs that have no closed form
NEURON_MARGIN = 1.2  # times the closed form's epochs: the steps are no flow, and arrive a little later

Plan = tuple[Setup, list[list[Trial]]]  # with a row of trials for each condition, one for each contender


def neuron_plan(costs: Sequence[Contender], vary: Mapping[str, tuple[Any, ...]], targets: Sequence[str]) -> Plan:
    """The book's neuron, from its two starts or from w = b = z0 / 2; to vary anything else is a UsageError."""
    for key in vary:
        if key not in NEURON_KEYS:
            raise UsageError(f"--vary {key}: without --config only the neuron's {' and '.join(NEURON_KEYS)} vary")
    varied = _conditions(vary)
    if "z0" not in vary:
        varied = [{"start": name, **values} for values in varied for name in neuron.STARTS]
    if len({_neuron_start(values) for values in varied}) < len(varied):
        raise UsageError(f"--vary {', '.join(vary)}: two conditions are the same; keep one of them")
    wanted = parse_targets(targets or ("error<0.5", "error<0.2"), "classes", "")
    limit, splits = _neuron_limit(costs, varied, wanted), Splits(neuron.example())
    rows = []
    for values in varied:
        w, b, rate = _neuron_start(values)
        settings = Settings(limit, None, rate)
        row = [
            Trial(
                cost=one.name,
                vary=values,
                learning_rate=rate,
                settings=settings,
                parts=(Part(neuron.neuron(one.cost or "ce", w, b, one.network), splits),),
                group="neuron",
                shown=neuron.EPOCHS,
                start=w + b,
            )
            for one in costs
        ]
        rows.append(row)
    setup = Setup(
        name="the book's neuron",
        config=None,
        vary=vary,
        targets=wanted,
        part="train",
        classes=("0", "1"),
        seeds=1,
    )
    return setup, rows


def _neuron_start(values: Mapping[str, Any]) -> tuple[float, float, float]:
    """w, b and the learning rate of a condition."""
    for key in NEURON_KEYS:
        if key in values and (isinstance(values[key], bool) or not isinstance(values[key], int | float)):
            raise UsageError(f"--vary {key}: {values[key]!r} is not a number")
        if not math.isfinite(values.get(key, 0)) or (key == "learning_rate" and values.get(key, 1) <= 0):
            raise UsageError(f"--vary {key}: {values[key]!r}: z0 is a finite number, a learning rate one above 0")
    rate = float(values.get("learning_rate", neuron.RATE))
    w, b = neuron.STARTS[values["start"]] if "start" in values else (values["z0"] / 2, values["z0"] / 2)
    return w, b, rate


def _neuron_limit(costs: Sequence[Contender], varied: Sequence[Mapping[str, Any]], targets: Sequence[Target]) -> int:
    """Epochs enough for all that can arrive at all: by the closed form, what takes more than 200,000 never does."""
    times: list[float] = [NEURON_EPOCHS]
    for values, cost, target in itertools.product(varied, costs, targets):
        w, b, rate = _neuron_start(values)
        time = neuron.epochs_to_target(cost.name, w + b, target, rate)
        if time is not None and time < NEURON_LIMIT:
            times.append(time)
    return math.ceil(NEURON_MARGIN * max(times))


def config_plan(
    costs: Sequence[Contender],
    config: Config,
    seeds: int,
    vary: Mapping[str, tuple[Any, ...]],
    targets: Sequence[str],
    vary_data: bool = False,
) -> Plan:
    """A config's network and data, under every condition of what is varied; the first seed is the config's own."""
    experiments = _Experiments()
    varied = _conditions(vary)
    changed = [configs.changed(config, values) if values else config for values in varied]
    refuse_equal(vary, changed)
    refuse_idle(config, vary, costs)
    ready_conditions = [experiments.of(one) for one in changed]
    refuse_same_data(vary, ready_conditions)
    refuse_other_classes(vary, ready_conditions)
    first = ready_conditions[0]
    setup = Setup(
        name=config.name,
        config=_without_reports(config),
        vary=vary,
        targets=parse_targets(targets, first.dataset.kind, _usual_target(first)),
        part=first.splits.scored,
        classes=first.model.classes,
        seeds=seeds,
        vary_data=vary_data,
    )
    rows = []
    for values, base in zip(varied, changed, strict=True):
        own = (_with_changes(base, one) for one in costs)
        ready = [experiments.of_seeds(one, seeds, vary_data) for one in own]
        rows.append([_trial(one, values, some) for one, some in zip(costs, ready, strict=True)])
    return setup, rows


def _without_reports(config: Config) -> Config:
    """The config with what a comparison has no use for at its defaults."""
    fields = type(config.train).model_fields
    defaults = {name: fields[name].get_default() for name in (key.partition(".")[2] for key in REPORTS)}
    return config.model_copy(update={"train": config.train.model_copy(update=defaults)})


def _with_changes(config: Config, contender: Contender) -> Config:
    """The config under a contender's own settings."""
    return configs.changed(config, contender.changes, f"--for {contender.name}") if contender.changes else config


Seeded = list[tuple[Experiment, tuple[int, ...]]]  # experiments, each with the seeds that share its data


class _Experiments:
    """Experiments by their configs, each made once; data that do not vary are loaded once."""

    def __init__(self) -> None:
        self.data: dict[str, Dataset] = {}
        self.ready: dict[str, Experiment] = {}

    def of(self, config: Config) -> Experiment:
        """The experiment of a config."""
        whole, data = repr(config), repr((config.data.name, config.data.options, config.data.seed))
        if whole not in self.ready:
            self.ready[whole] = experiments.from_config(config, self.data.get(data))
            self.data[data] = self.ready[whole].dataset
            refuse_waiting(self.ready[whole].settings)
        return self.ready[whole]

    def of_seeds(self, config: Config, seeds: int, vary_data: bool) -> Seeded:
        """The one experiment of so many seeds from the config's on, or with `vary_data` one for each."""
        if not vary_data:
            return [(self.of(config), tuple(range(config.seed, config.seed + seeds)))]
        sections = (config.data.model_copy(update={"seed": config.data.seed + k}) for k in range(seeds))
        several = [self.of(config.model_copy(update={"data": section})) for section in sections]
        if seeds > 1 and same_examples(*several[:2]):
            raise UsageError(f"--vary-data: neither points nor split of {config.data.name!r} depend on data.seed")
        return [(one, (config.seed + k,)) for k, one in enumerate(several)]


def _trial(contender: Contender, values: Mapping[str, Any], ready: Seeded) -> Trial:
    """One contender under a condition; of one group are those that differ in start and rate only."""
    first = ready[0][0]
    network = first.config.network.model_copy(update=dict.fromkeys(STARTS))
    train = first.config.train.model_copy(update={"learning_rate": None, "cost": None, "monitor": ()})
    return Trial(
        cost=contender.name,
        vary=values,
        learning_rate=first.config.train.learning_rate,
        settings=replace(first.settings, monitor=()),
        parts=tuple(Part(one.replicas(some, contender.cost, contender.network), one.splits) for one, some in ready),
        group=repr((first.config.data, network, train)),
        fixed="train.learning_rate" in contender.changes,
    )


def _usual_target(experiment: Experiment) -> str:
    """What counts as learned when nobody says: a small error for one output, most classes right for several."""
    if not experiment.model.classes:
        return "r2>0.4"
    return "error<0.1" if experiment.network.sizes[-1] == 1 else "accuracy>0.9"


def _conditions(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the varied values, the first key the slowest."""
    return [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]
