"""How a gradient becomes a step, and how the learning rate changes along the way.

The rules here move each array p by itself, those of `second_order` all at once. They are given the gradient g of the
mean cost, the arrays that the rule remembers of p (`slots`, 0 at first), the learning rate eta (a number, or one per
replica, (R, 1, 1)) and the step's number t, from 1. A schedule sees only scores, so a resumed run has the same rate.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from bpnet.activations import Array
from bpnet.errors import unknown
from bpnet.second_order import GaussNewton, Newton, SecondOrder

Arrays = Mapping[str, Array]  # parameters, or their gradient, by name: weights_1, biases_1, ...
Memory = dict[str, list[Array]]  # what a rule remembers, by the same names; a rule for the whole set may use others
Registered = TypeVar("Registered")


class Optimizer(Protocol):
    """What training needs of an update rule: it sees the whole set of parameters, and keeps nothing in itself."""

    def memory(self, parameters: Arrays) -> Memory:
        """What the rule remembers before the first step: zeros."""

    def step(self, parameters: Arrays, gradient: Arrays, memory: Memory, eta: Any, t: int) -> None:
        """Move the parameters in place, in step t, counted from 1; the gradient is used up."""


class PerArray(ABC):
    """A rule that moves each array by itself and remembers `slots` arrays of each."""

    slots: ClassVar[int] = 0
    linear: ClassVar[bool] = False  # whether eta and g enter as eta g only (`takes_rate_in_gradient`)

    @abstractmethod
    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place by a step of size eta, which is what `step_size` gave; g is used up."""

    def step_size(self, eta: float | Array, t: int) -> float | Array:
        """The learning rate of step t."""
        return eta

    def memory(self, parameters: Arrays) -> Memory:
        """Zeros like each parameter, `slots` times."""
        return {name: [np.zeros_like(p) for _ in range(self.slots)] for name, p in parameters.items()}

    def step(self, parameters: Arrays, gradient: Arrays, memory: Memory, eta: Any, t: int) -> None:
        """Move every array in place; the gradient is used up."""
        if (size := eta) is not None:
            # In the arrays' own dtype: NumPy would convert a Python number again for each of them.
            size = np.asarray(self.step_size(eta, t), dtype=next(iter(parameters.values())).dtype)
        for name, p in parameters.items():
            self.move(p, gradient[name], memory[name], size, t)


@dataclass(frozen=True)
class Sgd(PerArray):
    """p <- p - eta g (book, equations 20 and 21).

    >>> p = np.array([1.0]); Sgd().move(p, g=np.array([2.0]), slots=[], eta=0.1, t=1); p
    array([0.8])
    """

    linear: ClassVar[bool] = True

    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is used up."""
        if eta is not None:
            g *= eta
        p -= g


@dataclass(frozen=True)
class Momentum(PerArray):
    """v <- mu v - eta g, p <- p + v: the gradient changes a velocity, which contains eta (book, eqs. 107 and 108).

    >>> p, g, v = np.array([1.0]), np.array([2.0]), np.array([-0.1])
    >>> Momentum().move(p, g, [v], eta=0.1, t=2); v, p  # v = 0.9 * -0.1 - 0.1 * 2
    (array([-0.29]), array([0.71]))
    """

    momentum: float = 0.9  # share of v kept per step: v reaches 1 / (1 - 0.9) = 10 times a constant step
    slots: ClassVar[int] = 1
    linear: ClassVar[bool] = True

    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is used up."""
        p += self._velocity(slots[0], g, eta)

    def _velocity(self, v: Array, g: Array, eta: Any) -> Array:
        """v <- mu v - eta g, in place; g becomes eta g."""
        v *= self.momentum
        if eta is not None:
            g *= eta
        v -= g
        return v


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum with the gradient taken where the velocity is about to carry p (Sutskever et al. 2013, eqs. 3-4).

    >>> p, g, v = np.array([1.0]), np.array([2.0]), np.array([-0.1])
    >>> Nesterov().move(p, g, [v], eta=0.1, t=2); v, p  # p = 1 + 0.9 * -0.29 - 0.1 * 2
    (array([-0.29]), array([0.539]))
    """

    linear: ClassVar[bool] = True

    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place: p <- p + mu v - eta g. This p is the point ahead, so that backprop stays as it is."""
        v = self._velocity(slots[0], g, eta)
        p -= g
        np.multiply(v, self.momentum, out=g)
        p += g


@dataclass(frozen=True)
class RmsProp(PerArray):
    """p <- p - eta g / (sqrt(s) + epsilon), s a running mean of g^2, L2 in g (Tieleman and Hinton 2012, lecture 6.5).

    >>> p, g, s = np.array([1.0]), np.array([2.0]), np.array([4.0])
    >>> RmsProp().move(p, g, [s], eta=0.1, t=2); p  # a gradient of the usual size, 2, moves p by eta
    array([0.9])
    """

    decay: float = 0.9  # share of s kept per step, the lecture's: a mean over about 10 steps; PyTorch's alpha is 0.99
    epsilon: float = 1e-8  # in units of g: far below any useful gradient, and no division by 0
    slots: ClassVar[int] = 1

    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is used up."""
        (s,) = slots
        s *= self.decay
        s += (1 - self.decay) * np.square(g)
        g /= np.sqrt(s) + self.epsilon
        g *= eta
        p -= g


@dataclass(frozen=True)
class Adam(PerArray):
    """Running means m of g, with L2 in it, and s of g^2, both corrected for their start at 0 (Kingma and Ba 2015).

    >>> p = {"p": np.array([1.0, 1.0])}; memory = Adam().memory(p)
    >>> Adam().step(p, {"p": np.array([2.0, -2000.0])}, memory, eta=0.1, t=1); p  # the first step is eta for any g
    {'p': array([0.9, 1.1])}
    """

    beta1: float = 0.9  # share of m kept per step; all three numbers are the paper's
    beta2: float = 0.999  # share of s kept per step: sizes change more slowly than directions
    epsilon: float = 1e-8  # in units of g: far below any useful gradient, and no division by 0
    slots: ClassVar[int] = 2

    def move(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is used up."""
        m, s = slots
        m *= self.beta1
        m += (1 - self.beta1) * g
        s *= self.beta2
        s += (1 - self.beta2) * np.square(g)
        np.sqrt(s / (1 - self.beta2**t), out=g)
        g += self.epsilon
        np.divide(m, g, out=g)
        g *= eta
        p -= g

    def step_size(self, eta: float | Array, t: int) -> float | Array:
        """The learning rate of step t, by which m is corrected too."""
        return eta / (1 - self.beta1**t)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, and w <- w - eta weight_decay w of each weight, whatever its g (Loshchilov and Hutter 2019, section 2).

    >>> p, g = {"weights": np.array([1.0])}, {"weights": np.array([2.0])}
    >>> AdamW(weight_decay=0.5).step(p, g, AdamW().memory(p), eta=0.1, t=1); p  # 1 - 0.1 * 0.5, then Adam's step
    {'weights': array([0.85])}
    """

    weight_decay: float = 0.01  # share of w for each unit of eta, both PyTorch's; the paper has a schedule's factor

    def step(self, parameters: Arrays, gradient: Arrays, memory: Memory, eta: Any, t: int) -> None:
        """Move every array in place, the weights towards 0 first; the gradient is used up."""
        for p in [p for name, p in parameters.items() if name.startswith("weights")]:
            p *= np.asarray(1 - eta * self.weight_decay, dtype=p.dtype)
        super().step(parameters, gradient, memory, eta, t)


def takes_rate_in_gradient(rule: object) -> bool:
    """Whether a rule may be given the gradient times eta, and None for eta.

    A subclass that moves in its own way may not, unless it says itself that it is `linear`.
    """
    kind: Any = next((kind for kind in type(rule).__mro__ if "linear" in vars(kind)), PerArray)
    same = (getattr(type(rule), name) is getattr(kind, name) for name in ("step", "step_size", "move"))
    return kind.linear and all(same)


class Schedule(Protocol):
    """What training needs of a schedule; `waits` says that it looks at the scores, so that there must be some."""

    waits: ClassVar[bool]

    def factor(self, epochs: int, scores: Sequence[float]) -> float | None:
        """The next rate over the first one, after so many epochs with these scores; None ends the training."""


@dataclass(frozen=True)
class Step:
    """The rate times `by` after every `every` epochs.

    >>> [Step(every=2).factor(epochs, scores=[]) for epochs in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    every: int = 10  # epochs, as long as the book's no-improvement-in-ten waits
    by: float = 0.5  # ratio of two rates: half, as in the book's exercise
    waits: ClassVar[bool] = False

    def factor(self, epochs: int, scores: Sequence[float]) -> float | None:
        """The next rate over the first one."""
        return self.by ** (epochs // self.every)


@dataclass(frozen=True)
class Halve:
    """Half the rate whenever `patience` epochs in a row brought no better score; the end at `stop` of the first rate.

    >>> Halve(patience=2).factor(4, scores=[0.7, 0.9, 0.8, 0.9])
    0.5
    """

    patience: int = 10  # epochs: the book's exercise no-improvement-in-ten (chapter 3); PyTorch's rule waits one more
    stop: float = 1 / 128  # share of the first rate, seven halvings: the same exercise
    waits: ClassVar[bool] = True

    def factor(self, epochs: int, scores: Sequence[float]) -> float | None:
        """The next rate over the first one; None once it has fallen to `stop`."""
        best, waited, factor = -np.inf, 0, 1.0
        for score in scores:
            waited = 0 if score > best else waited + 1
            best = max(best, score)
            if waited == self.patience:
                waited, factor = 0, factor / 2
        return factor if factor > self.stop else None


def epochs_without_improvement(scores: Sequence[float]) -> int:
    """How many of the newest epochs brought no score above the best before them; NaN is no score."""
    return len(scores) - 1 - int(np.argmax(np.nan_to_num(scores, nan=-np.inf))) if len(scores) else 0


def named(kind: str, entry: str | Registered, registry: Mapping[str, type[Registered]]) -> Registered:
    """The entry of a registry, made with its default options, or UsageError; an object is returned as it is."""
    if isinstance(entry, str) and entry not in registry:
        raise unknown(kind, entry, registry)
    return registry[entry]() if isinstance(entry, str) else entry


Rule = Optimizer | SecondOrder
OPTIMIZERS: dict[str, type[Rule]] = {
    "sgd": Sgd,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RmsProp,
    "adam": Adam,
    "adamw": AdamW,
    "newton": Newton,
    "gauss-newton": GaussNewton,
}
SCHEDULES: dict[str, type[Schedule]] = {"step": Step, "halve": Halve}
