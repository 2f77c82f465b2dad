"""What a comparison trains: from a config and what is varied to trials, with the same seeds for each cost."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bpnet import config as configs
from bpnet import experiment as experiments
from bpnet.comparison import neuron
from bpnet.comparison.results import Setup
from bpnet.comparison.targets import parse_targets
from bpnet.comparison.trials import Trial
from bpnet.config import Config
from bpnet.data import Dataset, Splits
from bpnet.errors import UsageError
from bpnet.experiment import Experiment
from bpnet.metrics import Target
from bpnet.training import Settings

STARTS = ("init", "init_scale", "output_bias")  # keys in which replicas of one set may differ, beside the rate
NEURON_KEYS = ("z0", "learning_rate")  # what varies without a config
NEURON_LIMIT = 200_000  # epochs; what needs more by the closed form is said never to arrive
NEURON_EPOCHS = 3000  # epochs at least, for costs that have no closed form
NEURON_MARGIN = 1.2  # times the closed form's epochs: the steps are no flow, and arrive a little later

Plan = tuple[Setup, list[list[Trial]]]  # with a row of trials for each condition, one for each cost


def neuron_plan(costs: Sequence[str], vary: Mapping[str, tuple[Any, ...]], targets: Sequence[str]) -> Plan:
    """The book's neuron, from its two starts or from w = b = z0 / 2; to vary anything else is a UsageError."""
    for key in vary:
        if key not in NEURON_KEYS:
            raise UsageError(f"--vary {key}: without --config only the neuron's {' and '.join(NEURON_KEYS)} vary")
    varied = _conditions(vary)
    if "z0" not in vary:
        varied = [{"start": name, **values} for values in varied for name in neuron.STARTS]
    wanted = parse_targets(targets or ("error<0.5", "error<0.2"), "classes", "")
    limit, splits = _neuron_limit(costs, varied, wanted), Splits(neuron.example())
    rows = []
    for values in varied:
        w, b, rate = _neuron_start(values)
        settings = Settings(limit, None, rate)
        row = [
            Trial(cost, values, rate, neuron.neuron(cost, w, b), settings, splits, "neuron", neuron.EPOCHS, w + b)
            for cost in costs
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
    w, b = neuron.STARTS[values["start"]] if "start" in values else (values["z0"] / 2, values["z0"] / 2)
    return w, b, float(values.get("learning_rate", neuron.RATE))


def _neuron_limit(costs: Sequence[str], varied: Sequence[Mapping[str, Any]], targets: Sequence[Target]) -> int:
    """Epochs enough for all that can arrive at all: by the closed form, what takes more than 200,000 never does."""
    times: list[float] = [NEURON_EPOCHS]
    for values, cost, target in itertools.product(varied, costs, targets):
        w, b, rate = _neuron_start(values)
        time = neuron.epochs_to(cost, w + b, target.bound, rate)
        if target.measure != "accuracy" and time is not None and time < NEURON_LIMIT:
            times.append(time)
    return math.ceil(NEURON_MARGIN * max(times))


def config_plan(
    costs: Sequence[str], config: Config, seeds: int, vary: Mapping[str, tuple[Any, ...]], targets: Sequence[str]
) -> Plan:
    """A config's network and data, under every condition of what is varied; the first seed is the config's own."""
    loaded: dict[str, Dataset] = {}
    varied = _conditions(vary)
    ready = [_experiment(configs.changed(config, values) if values else config, loaded) for values in varied]
    first, numbers = ready[0], range(config.seed, config.seed + seeds)
    setup = Setup(
        name=config.name,
        config=config,
        vary=vary,
        targets=parse_targets(targets, first.dataset.kind, _usual_target(first)),
        part=first.splits.scored,
        classes=first.model.classes,
        seeds=seeds,
    )
    pairs = zip(varied, ready, strict=True)
    return setup, [[_trial(cost, values, experiment, numbers) for cost in costs] for values, experiment in pairs]


def _experiment(config: Config, loaded: dict[str, Dataset]) -> Experiment:
    """A condition's data and network; data that do not vary are loaded once."""
    key = repr((config.data.name, config.data.options, config.data.seed))
    experiment = experiments.from_config(config, loaded.get(key))
    loaded[key] = experiment.dataset
    return experiment


def _trial(cost: str, values: Mapping[str, Any], experiment: Experiment, seeds: Sequence[int]) -> Trial:
    """One cost under the condition of an experiment; of one group are those that differ in start and rate only."""
    config = experiment.config
    settings = replace(experiment.settings, early_stopping=None, schedule=None, monitor=())
    network = config.network.model_copy(update=dict.fromkeys(STARTS))
    train = config.train.model_copy(update={"learning_rate": None, "cost": None})
    group = repr((config.data, network, train, config.seed))
    replicas = experiment.replicas(seeds, cost)
    return Trial(cost, values, config.train.learning_rate, replicas, settings, experiment.splits, group)


def _usual_target(experiment: Experiment) -> str:
    """What counts as learned when nobody says: a small error for one output, most classes right for several."""
    if not experiment.model.classes:
        return "r2>0.4"
    return "error<0.1" if experiment.network.sizes[-1] == 1 else "accuracy>0.9"


def _conditions(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the varied values, the first key the slowest."""
    return [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]
