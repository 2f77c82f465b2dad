"""One step: the gradient of the mean cost over a mini-batch, the penalties on the weights, the optimiser."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bpnet.data import MiniBatch
from bpnet.errors import UsageError
from bpnet.optimizers import Sgd, takes_rate_in_gradient
from bpnet.second_order import Objective, SecondOrder
from bpnet.training.measures import norm
from bpnet.training.settings import Parameters, Settings, State, Trainable


@dataclass(frozen=True)
class Update:
    """How a mini-batch becomes a step: the settings, the state, and arrays that every step writes over.

    `gradient` and `spare` are like the network's parameters; they are made once, because new pages cost more than the
    arithmetic.
    """

    settings: Settings
    state: State
    gradient: Parameters
    spare: Parameters
    rate_in_gradient: bool

    @classmethod
    def for_network(cls, network: Trainable, settings: Settings, state: State | None = None) -> "Update":
        """The update of a network's training, from its state, or of a single step."""
        parameters = network.parameters
        state = state or State(settings.optimizer.memory(parameters))
        folded = settings.clip_norm is None and takes_rate_in_gradient(settings.optimizer)
        return cls(settings, state, buffers(parameters), buffers(parameters), folded)

    def apply(self, network: Trainable, batch: MiniBatch, eta: Any, l2: float, n: int) -> None:
        """Move the network's parameters by one step of rate eta; `l2` and n, the size of the training set, decay them.

        The gradient is that of the mean cost over the batch plus l2/(2n) sum w^2 + l1/n sum |w|.
        """
        rule, l1, clip_norm = self.settings.optimizer, self.settings.l1, self.settings.clip_norm
        m, parameters, memory = batch.x.shape[-1], network.parameters, self.state.memory
        # Where eta is a mere factor, it is one of the few outputs' deltas, not of each weight's gradient.
        rate, rest = (eta, None) if self.rate_in_gradient else (1.0, eta)
        # An array of no axes, because NumPy converts a number again in each product, its own numbers too.
        scale: Any = np.asarray(rate / m, dtype=network.dtype)
        gradient = network.gradient(batch.x, batch.y, self.gradient, scale, batch.masks)
        if gradient is not self.gradient:  # a backprop of one's own may return other shapes
            _check_shapes(network, gradient, m)
        if l2 or l1:
            add_penalties(gradient, parameters, self.spare, rate * l2, rate * l1, n)
        if clip_norm is not None:
            _shorten(gradient, clip_norm)
        if isinstance(rule, SecondOrder):
            rule.descend(Objective(network, batch.x, batch.y, l2 / n, m == n), gradient, memory, eta)
        else:
            rule.step(parameters, gradient, memory, rest, self.state.steps)


def add_penalties(gradient: Parameters, parameters: Parameters, spare: Parameters, l2: Any, l1: Any, n: float) -> None:
    """Add the gradient of l2/(2n) sum w^2 + l1/n sum |w| to that of the mean cost, in place, written over `spare`.

    Under adam and rmsprop the step is then scaled, decay and all: coupled decay, not that of adamw.
    """
    for name, p in ((name, p) for name, p in parameters.items() if name.startswith("weights")):
        if np.any(l2):
            gradient[name] += np.multiply(p, np.asarray(l2 / n, p.dtype), out=spare[name])
        if np.any(l1):
            gradient[name] += np.multiply(np.sign(p), np.asarray(l1 / n, p.dtype), out=spare[name])


def _shorten(gradient: Parameters, longest: float) -> None:
    """Scale the whole gradient, each replica's by itself, to the norm `longest` where it is longer."""
    factor = longest / np.maximum(norm(list(gradient.values())), longest)
    for g in gradient.values():
        g *= factor[..., np.newaxis, np.newaxis].astype(g.dtype)


def _check_shapes(network: Trainable, gradient: Parameters, m: int) -> None:
    """Refuse a gradient, such as a backprop of one's own gives, whose arrays have other shapes than the parameters."""
    for name, p in network.parameters.items():
        if np.shape(gradient[name]) != p.shape:
            raise UsageError(
                f"{type(network).__name__}: a gradient of shape {np.shape(gradient[name])} for {name} of shape "
                f"{p.shape}; sum it over the {m} examples, which are the columns of x"
            )


def buffers(parameters: Parameters) -> Parameters:
    """Arrays like the parameters, of no value yet."""
    return {name: np.empty_like(p) for name, p in parameters.items()}


def step_of(network: Trainable, settings: Settings, state: State, n: int) -> Callable[[MiniBatch, Any], None]:
    """A function of a mini-batch and a rate that takes one step: the network's `update_mini_batch` where it has one.

    A method of one's own may have the book's signature, (mini_batch, eta) or (mini_batch, eta, lmbda, n).

    Raises:
        UsageError: such a method has no room for what the settings ask for, which would be left out in silence.
    """
    update = Update.for_network(network, settings, state)
    method = getattr(network, "update_mini_batch", None)
    if method is None:
        return lambda batch, eta: update.apply(network, batch, eta, settings.l2, n)
    names = inspect.signature(method).parameters
    extras = {"lmbda": settings.l2, "n": n, "update": update}
    accepted = {name: value for name, value in extras.items() if name in names}
    asked = {"l2": settings.l2 if "lmbda" not in names else 0}
    if "update" not in names:
        asked |= {name: getattr(settings, name) for name in ("l1", "dropout", "clip_norm")}
        asked["optimizer"] = not isinstance(settings.optimizer, Sgd)
    if left_out := [name for name, value in asked.items() if value]:
        raise UsageError(
            f"{type(network).__name__}.update_mini_batch steps by itself and cannot apply {', '.join(left_out)}; "
            f"leave that out, or take the argument {'lmbda' if left_out == ['l2'] else 'update'} and pass it on"
        )
    step = partial(method, **accepted)
    if "update" in names:
        return step
    # An array of rates, one per replica, has float64, and would turn float32 weights into float64 ones.
    return lambda batch, eta: step(batch, eta.astype(network.dtype) if np.ndim(eta) else eta)
