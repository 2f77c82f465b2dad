"""The one training loop: epochs of mini-batches, what each epoch measured, and when to stop.

Letters as in `network`: m examples of a mini-batch, n of the training set, R replicas. The loop knows a network by its
`biases` and `weights` (lists of arrays, moved in place) and the few methods of `Trainable`.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.data import Dataset, minibatches
from bpnet.errors import DivergedError, UsageError, unknown
from bpnet.history import History
from bpnet.optimizers import epochs_without_improvement
from bpnet.seeds import generator
from bpnet.training.measures import MONITORS, measure_epoch, measure_layers, norm, plain
from bpnet.training.settings import Room, Settings, State, Trainable
from bpnet.training.threads import limited_threads

Array = NDArray[Any]


def start(network: Trainable, settings: Settings) -> State:
    """The state before the first epoch."""
    parameters = network.biases + network.weights
    return State([[np.zeros_like(p) for _ in range(settings.optimizer.slots)] for p in parameters])


def train(
    network: Trainable,
    training_data: Dataset,
    settings: Settings,
    validation: Dataset | None = None,
    test: Dataset | None = None,
    state: State | None = None,
    on_epoch: Callable[[State], object] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    on_step: Callable[[State], object] | None = None,
) -> State:
    """Train a network in place, from `state` or from the beginning, and return where it ended.

    `stopped` is asked before every mini-batch: once it says yes, the network and the state are put back to the end of
    the last whole epoch. `on_step` follows each mini-batch, `on_epoch` each epoch. The test set is measured
    every epoch where it is given. `finish` puts the best weights back.

    Raises:
        UsageError: a monitor that there is not; a rule that needs a validation set and has none, or that cannot hold
            for replicas.
        DivergedError: the cost is no longer finite. The network is put back to the last epoch that was; a set of
            replicas goes on, since others may be well.
    """
    _check(network, settings, validation)
    state = state or start(network, settings)
    sets = {"train": training_data, "validation": validation, "test": test}
    begun = time.perf_counter() - state.history.last().get("seconds", 0.0)
    with limited_threads(network, settings, len(training_data)), np.errstate(over="ignore", invalid="ignore"):
        while (eta := next_rate(settings, state.history)) is not None:
            before = _snapshot(network, state)
            ratios = run_epoch(network, training_data, settings, state, eta, stopped, on_step)
            if ratios is None:
                _put_back(network, state, before)
                break
            row = {"epoch": len(state.history) + 1, "learning_rate": plain(eta), "seconds": 0.0}
            row |= measure_epoch(network, sets, settings) | measure_layers(network, training_data, settings, ratios)
            state.history.append(row | {"seconds": time.perf_counter() - begun})
            if network.replicas is None and not np.isfinite(row["train_cost"]):
                _put_back(network, state, before)
                raise _diverged(row)
            if settings.early_stopping and not epochs_without_improvement(_scores(state.history)):
                state.best = [p.copy() for p in network.biases + network.weights]
            if on_epoch is not None:
                on_epoch(state)
    return state


def finish(network: Trainable, state: State) -> None:
    """Put the best weights back where early stopping kept them."""
    for p, best in zip(network.biases + network.weights, state.best or (), strict=state.best is not None):
        p[...] = best


def _check(network: Trainable, settings: Settings, validation: Dataset | None) -> None:
    for name in settings.monitor:
        if name not in MONITORS:
            raise unknown("monitor", name, MONITORS)
    waits = settings.early_stopping or (settings.schedule is not None and settings.schedule.waits)
    if waits and validation is None:
        raise UsageError("early stopping and the schedule 'halve' wait for a better validation score; set one apart")
    if waits and network.replicas is not None:
        raise UsageError("early stopping and the schedule 'halve' are rules for one network, not for replicas")


def _diverged(row: dict[str, Any]) -> DivergedError:
    return DivergedError(
        f"training diverged in epoch {row['epoch']}: the cost is {row['train_cost']}; "
        f"take a smaller learning rate than {row['learning_rate']:g}"
    )


def _snapshot(network: Trainable, state: State) -> tuple[list[Array], int]:
    return [p.copy() for p in _everything(network, state)], state.steps


def _put_back(network: Trainable, state: State, before: tuple[list[Array], int]) -> None:
    for p, old in zip(_everything(network, state), before[0], strict=True):
        p[...] = old
    state.steps = before[1]


def _everything(network: Trainable, state: State) -> list[Array]:
    return network.biases + network.weights + [slot for slots in state.slots for slot in slots]


def next_rate(settings: Settings, history: History) -> Any:
    """The learning rate of the next epoch, or None when there is none: the epochs are over, or a rule ends them."""
    scores = _scores(history)
    if len(history) >= settings.epochs:
        return None
    if settings.early_stopping and epochs_without_improvement(scores) >= settings.early_stopping:
        return None
    factor = 1.0 if settings.schedule is None else settings.schedule.factor(len(history), scores)
    return None if factor is None else settings.learning_rate * factor


def _scores(history: History) -> list[float]:
    """The validation score of each epoch, higher being better."""
    for name in ("validation_accuracy", "validation_r2"):
        if name in history:
            return history.columns[name]
    return []


def run_epoch(
    network: Trainable,
    data: Dataset,
    settings: Settings,
    state: State,
    eta: Any,
    stopped: Callable[[], bool] = lambda: False,
    on_step: Callable[[State], object] | None = None,
) -> list[Array] | None:
    """Every example once, in the order of (seed, epoch); None when stopped on the way.

    Returns the last step of each weight matrix as a share of it, |step| / |w|, where monitored.
    """
    epoch, n = len(state.history), len(data)
    m = min(settings.batch_size or n, n)
    order = None if m == n else epoch_order(settings.seed, epoch, n)
    room = Room.of(network)
    before: list[Array] = []
    for k, (x, y) in enumerate(minibatches(data, m, order, network.dtype)):
        if stopped():
            return None
        masks = None
        if settings.dropout:
            rngs = [generator(seed, "dropout", epoch, k) for seed in settings.seeds()]
            masks = network.dropout_masks(settings.dropout, x.shape[-1], rngs)
        if "update_ratio" in settings.monitor and (k + 1) * m >= n:
            before = [w.copy() for w in network.weights]
        update(network, x, y, settings, state, eta, n, room, masks)
        if on_step is not None:
            on_step(state)
    return [norm(w - old) / norm(old) for w, old in zip(network.weights, before, strict=bool(before))]


def epoch_order(seed: int | Sequence[int], epoch: int, n: int) -> Array:
    """The order of the examples in an epoch: (n,), or (R, n) where each replica has a seed of its own."""
    orders = [generator(int(one), "order", epoch).permutation(n) for one in np.atleast_1d(seed)]
    return orders[0] if np.ndim(seed) == 0 else np.stack(orders)


def update(
    network: Trainable,
    x: Array,
    y: Array,
    settings: Settings,
    state: State,
    eta: Any,
    n: int,
    room: Room | None = None,
    masks: list[Array] | None = None,
) -> None:
    """One step: the gradient of the mean cost over the m columns of x, the penalties, the optimiser."""
    room = room or Room.of(network)
    nabla_b, nabla_w = network.backprop(x, y, out=room.nabla, masks=masks, scale=1 / x.shape[-1])
    for w, g, spare in zip(network.weights, nabla_w, room.spare, strict=True):
        if settings.l2:
            g += np.multiply(w, settings.l2 / n, out=spare)
        if settings.l1:
            g += np.multiply(np.sign(w), settings.l1 / n, out=spare)
    state.steps += 1
    for p, g, slots in zip(network.biases + network.weights, nabla_b + nabla_w, state.slots, strict=True):
        settings.optimizer.step(p, g, slots, eta, state.steps)
