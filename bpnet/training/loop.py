"""The one training loop, a generator: epochs of mini-batches, what each epoch measured, and when to stop.

    for state in training.epochs(network, data, settings):
        if state.history.last()["train_accuracy"] == 1:
            break

Letters as in `network`: m examples of a mini-batch, n of the training set, R replicas. Between two epochs, or two
steps, the caller's code runs; what is in force inside a step (a limit of BLAS threads, silence about overflow) is not
in force there.
"""

import inspect
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bpnet import metrics
from bpnet.activations import Array
from bpnet.data import Dataset, MiniBatch, Splits, minibatches
from bpnet.errors import DivergedError, UsageError, unknown
from bpnet.history import History, Row
from bpnet.optimizers import epochs_without_improvement
from bpnet.second_order import SecondOrder, is_finished
from bpnet.seeds import epoch_order, generators
from bpnet.training.measures import MONITORS, measure_epoch, measure_layers, plain
from bpnet.training.settings import Settings, State, Trainable
from bpnet.training.step import step_of
from bpnet.training.threads import ThreadLimit, blas_threads, keep_freed_memory


def start(network: Trainable, settings: Settings) -> State:
    """The state before the first epoch; a network or settings that have no curvature where it is needed: UsageError."""
    if isinstance(settings.optimizer, SecondOrder):
        settings.optimizer.check(network, settings.l1, settings.dropout, settings.clip_norm)
    return State(settings.optimizer.memory(network.parameters))


def epochs(
    network: Trainable,
    data: Dataset,
    settings: Settings,
    *,
    validation: Dataset | None = None,
    test: Dataset | None = None,
    state: State | None = None,
) -> Iterator[State]:
    """Train a network in place, from `state` or from the beginning, and give the state after each epoch.

    The state's history has the epoch's row, the network is trained so far, and leaving the `for` ends the training. The
    test set is measured in every epoch where it is given. `restore_best` puts the best parameters back.

    Raises:
        UsageError: a monitor that there is not; a rule that needs a validation set and has none, or that cannot hold
            for replicas; a network whose own `update_mini_batch` cannot do what the settings ask for.
        DivergedError: the cost is no longer finite. The network is put back to the last epoch that was; a set of
            replicas continues, since others may be well.
    """
    state = state or start(network, settings)
    return _paced(network, Splits(data, validation, test), settings, state, any)


def steps(
    network: Trainable,
    data: Dataset,
    settings: Settings,
    *,
    validation: Dataset | None = None,
    test: Dataset | None = None,
    state: State | None = None,
) -> Iterator[State]:
    """The same training, giving the state after each mini-batch; its history is as long as there are whole epochs.

    Leaving the `for` within an epoch leaves the network where it is. Raises what `epochs` raises.
    """
    state = state or start(network, settings)
    return _paced(network, Splits(data, validation, test), settings, state, lambda rest: next(rest, None) is not None)


def _paced(
    network: Trainable, splits: Splits, settings: Settings, state: State, advance: Callable[[Iterator[bool]], bool]
) -> Iterator[State]:
    """The state after each pace: `advance` takes steps, an epoch or one, and says whether there was any left."""
    _check(network, settings, splits.validation)
    keep_freed_memory()
    rest, threads = _train(network, splits, settings, state), blas_threads(network, settings, len(splits.train))
    while True:
        with ThreadLimit(threads), np.errstate(over="ignore", invalid="ignore"):
            if not advance(rest):
                return
        begun = time.perf_counter()
        yield state
        state.paused += time.perf_counter() - begun


def _train(network: Trainable, splits: Splits, settings: Settings, state: State) -> Iterator[bool]:
    """Every mini-batch of the training: False within an epoch; True at its end, when it has been measured."""
    n = len(splits.train)
    begun = time.perf_counter() - state.history.last().get("seconds", 0.0) - state.paused
    step, last = step_of(network, settings, state, n), settings.steps_per_epoch(n) - 1
    ahead = _order_is_idle(splits.train, settings) and not settings.dropout and _looks_ahead(network)
    while (eta := next_rate(settings, state)) is not None:
        before = [array.copy("K") for array in _arrays(network, state)], state.steps
        epoch = len(state.history)
        for k, batch in enumerate(_minibatches(network, splits.train, settings, epoch)):
            if k > 0:
                yield False
            if state.stopping:
                return _put_back(network, state, *before)
            if k == last and settings.monitor:
                previous = {name: p.copy() for name, p in network.parameters.items()}
            state.steps += 1
            step(batch, eta)
        row: Row = {"epoch": epoch + 1, "learning_rate": plain(eta), "seconds": 0.0}
        if settings.measure:
            row |= measure_epoch(network, splits, settings, ahead)
        if settings.monitor:
            row |= measure_layers(network, splits.train, settings.monitor, previous)
        state.history.append(row | {"seconds": time.perf_counter() - begun - state.paused})
        if network.replicas is None and settings.measure and not _is_finite(network, row):
            _put_back(network, state, *before)
            raise DivergedError(
                f"training diverged in epoch {row['epoch']}: the cost is {row['train_cost']}; "
                f"take a smaller learning rate than {row['learning_rate']:g}"
            )
        if settings.early_stopping and not epochs_without_improvement(_scores(state.history)):
            state.best = {name: p.copy() for name, p in network.parameters.items()}
        yield True


def _order_is_idle(data: Dataset, settings: Settings) -> bool:
    """Whether one mini-batch has all examples, in whose sum our order does not show."""
    return settings.steps_per_epoch(len(data)) == 1 and settings.order is epoch_order


def _looks_ahead(network: Trainable) -> bool:
    """Whether what measures the network may keep its forward pass for the next step; a method of one's own may not."""
    return "ahead" in inspect.signature(network.outputs_and_costs).parameters


def _minibatches(network: Trainable, data: Dataset, settings: Settings, epoch: int) -> Iterator[MiniBatch]:
    """The mini-batches of an epoch, in the order of (seed, epoch), with masks where there is dropout."""
    order = None if _order_is_idle(data, settings) else settings.order(settings.seed, epoch, len(data))
    for k, (x, y) in enumerate(minibatches(data, settings.batch_size or len(data), order, network.dtype)):
        masks = None
        if settings.dropout:
            rngs = generators(settings.seed, "dropout", epoch, k)
            masks = network.dropout_masks(settings.dropout, x.shape[-1], rngs)
        yield MiniBatch(x, y, masks)


def next_rate(settings: Settings, state: State) -> Any:
    """The learning rate of the next epoch, or None when there is none: the epochs are over, or a rule ends them."""
    if len(state.history) >= settings.epochs or is_finished(settings.optimizer, state.memory):
        return None
    if not settings.early_stopping and settings.schedule is None:
        return settings.learning_rate
    scores = _scores(state.history)
    if settings.early_stopping and epochs_without_improvement(scores) >= settings.early_stopping:
        return None
    factor = 1.0 if settings.schedule is None else settings.schedule.factor(len(state.history), scores)
    return None if factor is None else settings.learning_rate * factor


def fit(network: Trainable, data: Dataset, settings: Settings, validation: Dataset | None = None) -> History:
    """Train to the end, put the best parameters back where early stopping kept them, and return what was measured."""
    state = start(network, settings)
    for _ in epochs(network, data, settings, validation=validation, state=state):
        pass
    restore_best(network, state)
    return state.history


def restore_best(network: Trainable, state: State) -> None:
    """Put the best parameters back where early stopping kept them."""
    for name, best in (state.best or {}).items():
        network.parameters[name][...] = best


def _scores(history: History) -> list[float]:
    """The validation score of each epoch, higher being better."""
    scores = (f"validation_{metrics.score(kind)}" for kind in ("classes", "quantities"))
    return next((history.columns[name] for name in scores if name in history), [])


def _check(network: Trainable, settings: Settings, validation: Dataset | None) -> None:
    """Refuse settings that cannot hold for this network and these data."""
    for name in settings.monitor:
        if name not in MONITORS:
            raise unknown("monitor", name, MONITORS)
    if settings.early_stopping or (settings.schedule is not None and settings.schedule.waits):
        if validation is None:
            raise UsageError("early stopping and 'halve' wait for a better validation score; set one apart")
        if network.replicas is not None:
            raise UsageError("early stopping and 'halve' are rules for one network, not for replicas")


def _is_finite(network: Trainable, row: Row) -> bool:
    """Whether the cost is, and every parameter: an infinite weight may leave a saturated network's cost finite."""
    if not math.isfinite(row["train_cost"]):
        return False
    arrays = network.parameters.values()
    return all(math.isfinite(np.vdot(p, p)) for p in arrays) or all(np.isfinite(p).all() for p in arrays)


def _arrays(network: Trainable, state: State) -> list[Array]:
    """All that a step changes: the parameters and the optimiser's memory."""
    return [*network.parameters.values(), *(array for arrays in state.memory.values() for array in arrays)]


def _put_back(network: Trainable, state: State, before: list[Array], steps: int) -> None:
    """Undo the steps since these copies were made."""
    for array, old in zip(_arrays(network, state), before, strict=True):
        array[...] = old
    state.steps = steps
