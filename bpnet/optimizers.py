"""How a gradient becomes a step, and how the learning rate changes along the way.

An optimiser moves one parameter array p in place, given the gradient g of the mean cost (same shape; it is used up),
its own memory of that parameter (`slots`, arrays like p that start at 0), the learning rate eta (a number, or one per
replica, (R, 1, 1)) and the number t of the step, counted from 1. A schedule is a function of what was measured so
far, so that a resumed run finds the same rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from bpnet.errors import unknown

Array = NDArray[Any]


class Optimizer(Protocol):
    """What training needs of an optimiser."""

    slots: ClassVar[int]

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""


@dataclass(frozen=True)
class Sgd:
    """p <- p - eta g (book, equations 20 and 21)."""

    slots: ClassVar[int] = 0

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""
        g *= eta
        p -= g


@dataclass(frozen=True)
class Momentum:
    """v <- mu v - eta g, p <- p + v: the gradient changes a velocity (book, equations 107 and 108)."""

    momentum: float = 0.9
    slots: ClassVar[int] = 1

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""
        (v,) = slots
        v *= self.momentum
        g *= eta
        v -= g
        p += v


@dataclass(frozen=True)
class Nesterov:
    """Momentum with the gradient taken where the velocity is about to carry p (Sutskever et al. 2013, eqs. 3-4).

    p is kept at that place ahead, so that backprop needs to know nothing: p <- p + mu v - eta g after v's update.
    """

    momentum: float = 0.9
    slots: ClassVar[int] = 1

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""
        (v,) = slots
        v *= self.momentum
        g *= eta
        v -= g
        p -= g
        np.multiply(v, self.momentum, out=g)
        p += g


@dataclass(frozen=True)
class RmsProp:
    """p <- p - eta g / (sqrt(s) + epsilon), s a running mean of g^2 (Tieleman and Hinton 2012, lecture 6.5)."""

    decay: float = 0.9
    epsilon: float = 1e-8
    slots: ClassVar[int] = 1

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""
        (s,) = slots
        s *= self.decay
        s += (1 - self.decay) * np.square(g)
        g /= np.sqrt(s) + self.epsilon
        g *= eta
        p -= g


@dataclass(frozen=True)
class Adam:
    """Running means m of g and s of g^2, both corrected for their start at 0 (Kingma and Ba 2015, algorithm 1)."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    slots: ClassVar[int] = 2

    def step(self, p: Array, g: Array, slots: Sequence[Array], eta: Any, t: int) -> None:
        """Move p in place; g is overwritten."""
        m, s = slots
        m *= self.beta1
        m += (1 - self.beta1) * g
        s *= self.beta2
        s += (1 - self.beta2) * np.square(g)
        np.sqrt(s / (1 - self.beta2**t), out=g)
        g += self.epsilon
        np.divide(m, g, out=g)
        g *= eta / (1 - self.beta1**t)
        p -= g


class Schedule(Protocol):
    """What training needs of a schedule; `waits` says that it looks at the scores, so that there must be some."""

    waits: ClassVar[bool]

    def factor(self, epochs: int, scores: Sequence[float]) -> float | None:
        """The next rate over the first one, after so many epochs with these scores; None ends the training."""


@dataclass(frozen=True)
class Step:
    """The rate times `by` after every `every` epochs."""

    every: int = 10
    by: float = 0.5
    waits: ClassVar[bool] = False

    def factor(self, epochs: int, scores: Sequence[float]) -> float | None:
        """The next rate over the first one."""
        return self.by ** (epochs // self.every)


@dataclass(frozen=True)
class Halve:
    """Half the rate whenever `patience` epochs brought no better score; the end at `stop` of the first rate.

    The exercise of the book's chapter 3: no-improvement-in-ten, until 1/128.
    """

    patience: int = 10
    stop: float = 1 / 128
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
    """How many of the newest epochs brought no score above the best before them."""
    return len(scores) - 1 - int(np.argmax(scores)) if len(scores) else 0


def named(kind: str, entry: Any, registry: Mapping[str, type[Any]]) -> Any:
    """An entry of a registry by its name, with its usual options; anything else is one already.

    Raises:
        UsageError: there is none of that name.
    """
    if not isinstance(entry, str):
        return entry
    if entry not in registry:
        raise unknown(kind, entry, registry)
    return registry[entry]()


OPTIMIZERS: dict[str, type[Any]] = {
    "sgd": Sgd,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RmsProp,
    "adam": Adam,
}

SCHEDULES: dict[str, type[Any]] = {
    "step": Step,
    "halve": Halve,
}
