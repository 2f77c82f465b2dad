"""Who races under which conditions: from a config and what is varied to entries, with the same seeds for each cost."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bpnet import config as configs
from bpnet.comparison import neuron
from bpnet.comparison.race import Entry
from bpnet.comparison.targets import Target, target
from bpnet.config import Config
from bpnet.data import Dataset
from bpnet.errors import UsageError
from bpnet.network import Network
from bpnet.runs import Prepared, make_network, prepare
from bpnet.training import Settings

STARTS_AND_RATES = {"init": "default", "init_scale": 1.0, "output_bias": 0.0}
NEURON_KEYS = ("z0", "learning_rate")
NEURON_LIMIT = 200_000
NEURON_EPOCHS = 3000
SWEEP_SEEDS = 5


@dataclass(frozen=True)
class Plan:
    """The entries, a list per condition, costs in order; the conditions' labels; what the summary says of the whole."""

    name: str
    entries: tuple[tuple[Entry, ...], ...]
    labels: tuple[str, ...]
    vary: Mapping[str, Sequence[Any]]
    targets: tuple[Target, ...]
    seeds: int
    classes: tuple[str, ...]
    config: Config | None = None
    shown: int | None = None


def neuron_plan(costs: Sequence[str], vary: Mapping[str, Sequence[Any]], targets: Sequence[str]) -> Plan:
    """The book's neuron, from its two starts or from z0 = w + b, both halves of it.

    Raises:
        UsageError: something is varied that the neuron does not have.
    """
    for key in vary:
        if key not in NEURON_KEYS:
            raise UsageError(f"--vary {key}: without --config only the neuron's {' and '.join(NEURON_KEYS)} vary")
    conditions = _product(vary)
    if "z0" not in vary:
        conditions = [{"start": name, **one} for one in conditions for name in neuron.STARTS]
    wanted = tuple(target(text) for text in targets or ("error<0.5", "error<0.2"))
    limit = _neuron_limit(costs, conditions, wanted)
    entries = tuple(tuple(_neuron_entry(cost, one, limit) for cost in costs) for one in conditions)
    labels = tuple(", ".join(_said(key, value) for key, value in one.items()) for one in conditions)
    return Plan("the book's neuron", entries, labels, vary, wanted, 1, ("0", "1"), shown=neuron.EPOCHS)


def _neuron_start(condition: Mapping[str, Any]) -> tuple[float, float, float]:
    """w, b and the learning rate of a condition."""
    z0 = condition.get("z0")
    w, b = neuron.STARTS[condition["start"]] if z0 is None else (_number("z0", z0) / 2, _number("z0", z0) / 2)
    return w, b, _number("learning_rate", condition.get("learning_rate", neuron.RATE))


def _neuron_limit(costs: Sequence[str], conditions: Sequence[Mapping[str, Any]], targets: Sequence[Target]) -> int:
    """Epochs enough for all that can arrive at all: by the closed form, what takes more than 200,000 never does."""
    times: list[float] = [NEURON_EPOCHS]
    for condition in conditions:
        w, b, rate = _neuron_start(condition)
        for cost in costs:
            found = [neuron.epochs_to(cost, w + b, one.bound, rate) for one in targets if one.metric != "accuracy"]
            times += [time for time in found if time is not None and time < NEURON_LIMIT]
    return math.ceil(1.2 * max(times))


def _neuron_entry(cost: str, condition: Mapping[str, Any], limit: int) -> Entry:
    w, b, rate = _neuron_start(condition)
    settings = Settings(limit, None, rate)
    network = neuron.neuron(cost, w, b)
    return Entry(condition, cost, rate, network, settings, neuron.example(), None, like="neuron")


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"--vary {key}: {value!r} is not a number")
    return float(value)


def config_plan(
    costs: Sequence[str],
    config: Config,
    seeds: int,
    vary: Mapping[str, Sequence[Any]],
    targets: Sequence[str],
    keep_apart: bool = False,
) -> Plan:
    """A config's network and data, every condition of what is varied, as many seeds as asked from the config's own on.

    Raises:
        UsageError: a key that the config does not have, a value it does not take, a cost its output cannot have.
        DataError: data that cannot be had.
    """
    loaded: dict[str, Dataset] = {}
    conditions = _product(vary)
    prepared = [_prepared(configs.varied(config, one), loaded) for one in conditions]
    numbers = range(config.seed, config.seed + seeds)
    entries = tuple(
        tuple(_entry(one, cost, ready, numbers, keep_apart) for cost in costs)
        for one, ready in zip(conditions, prepared, strict=True)
    )
    wanted = tuple(target(text) for text in targets or (_usual_target(prepared[0]),))
    _check_targets(wanted, prepared[0])
    labels = tuple(", ".join(_said(key, value) for key, value in one.items()) for one in conditions)
    return Plan(config.name, entries, labels, vary, wanted, seeds, prepared[0].model.classes, config)


def _said(key: str, value: Any) -> str:
    return str(value) if key == "start" else f"{key.rpartition('.')[2]} = {value}"


def _product(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]


def _prepared(config: Config, loaded: dict[str, Dataset]) -> Prepared:
    """A condition's data and network; data that do not vary are loaded once."""
    key = repr((config.data.name, config.data.options, config.data.seed))
    ready = prepare(config, loaded.get(key))
    loaded[key] = ready.dataset
    return ready


def _entry(condition: Mapping[str, Any], cost: str, ready: Prepared, seeds: Sequence[int], apart: bool) -> Entry:
    network = make_network(ready.config, ready.network.sizes, list(seeds), cost)
    settings = replace(ready.settings, early_stopping=None, schedule=None, monitor=())
    like = "" if apart else _like(ready.config)
    rate = ready.config.train.learning_rate
    return Entry(condition, cost, rate, network, settings, ready.splits.train, ready.splits.validation, like)


def other_seeds(entry: Entry) -> Network:
    """A network like an entry's from seeds that follow the entry's own, as a sweep of rates wants it."""
    used = list(entry.network.seed) if not isinstance(entry.network.seed, int) else [entry.network.seed]
    fresh = [max(used) + 1 + k for k in range(min(len(used), SWEEP_SEEDS))]
    return entry.network.anew(fresh)


def _like(config: Config) -> str:
    """What two conditions must share to be trained as one set: all but the first weights and the rate."""
    network = config.network.model_copy(update=dict.fromkeys(STARTS_AND_RATES, "default"))
    train = config.train.model_copy(update={"learning_rate": 1.0, "cost": "auto"})
    return repr((config.data, network, train, config.seed))


def _usual_target(ready: Prepared) -> str:
    """What counts as learned when nobody says: a small error for one output, most classes right for several."""
    if not ready.model.classes:
        return "r2>0.4"
    return "error<0.1" if ready.network.sizes[-1] == 1 else "accuracy>0.9"


def _check_targets(targets: Sequence[Target], ready: Prepared) -> None:
    score = "accuracy" if ready.model.classes else "r2"
    for one in targets:
        if one.metric in {"accuracy", "r2"} - {score}:
            raise UsageError(f"--target {one}: these targets are measured by {score}, error and max_error")
