"""Newton's method and Gauss-Newton: steps of curvature, damped as long as they would raise the cost.

Letters: P parameters as one vector theta, g the gradient of the cost C, B its curvature: the Hessian, or the
Gauss-Newton matrix. A step is d = -eta (B + lambda I)^-1 g (Levenberg 1944; Marquardt 1963). The damping lambda, in
units of B, goes from Newton's step, at 0, to short steps down the gradient. It follows the gain ratio, the change of
the cost over the change g d + d B d / 2 that B predicts (More 1978, section 4).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bpnet.activations import Array
from bpnet.errors import UsageError
from bpnet.second_order.curvature import flat, shaped

TRIES = 40  # steps tried in place of one that raises the cost: 25 of them take the damping from 10^-6 to 10^19 of B
FACTOR = 10  # by which the damping changes (Hagan and Menhaj 1994)
LEAST = 1e-6  # of B's size: the damping that a first refused step is tried again with
DOUBT = 8  # roundings of the cost: a change predicted to be smaller may be lost among the sums of the cost
SOLVED = 1e-6  # of |g|: what a solution by the pseudo-inverse may leave of the equations, which is rounding
POOR, GOOD = 0.25, 0.75  # gain ratios: below the one more damping, above the other less (More 1978)
RESIDUAL = 1e-3  # of |g|: how exactly conjugate gradients solve; the curvature changes by more from step to step
PRODUCTS = 100  # with B at most in a solution by conjugate gradients


@dataclass(frozen=True)
class Objective:
    """What a step descends: the mean cost over examples x : (n_in, m), y : (n_out, m), plus decay/2 sum w^2.

    `whole` says that these are all the examples there are.
    """

    network: Any
    x: Array
    y: Array
    decay: float
    whole: bool

    def replicas(self) -> list["Objective"]:
        """That of each replica; a single network is the only one."""
        if self.network.replicas is None:
            return [self]
        own, parameters = self.x.ndim > 2, self.network.parameters  # own: each replica has its own order
        return [
            replace(
                self,
                network=self.network.with_parameters({name: p[r] for name, p in parameters.items()}),
                x=self.x[r] if own else self.x,
                y=self.y[r] if own else self.y,
            )
            for r in range(self.network.replicas)
        ]

    def cost(self, theta: Array) -> float:
        """The cost at parameters theta : (P,)."""
        network = self.network.with_parameters(shaped(theta.astype(self.network.dtype), self.network.parameters))
        mean = network.outputs_and_costs(self.x, self.y)[1].mean(dtype=np.float64)
        return float(mean + 0.5 * self.decay * np.square(theta[self.penalised()]).sum(dtype=np.float64))

    def penalised(self) -> Array:
        """Which parameters the penalty is on, (P,) of bool: the weights."""
        named = {name: np.full(p.shape, name.startswith("weights")) for name, p in self.network.parameters.items()}
        return flat(named)


class Quadratic:
    """The curvature B of an objective: its products and, if there are not too many parameters, its matrix."""

    def __init__(self, objective: Objective, g: Array, exact: bool, explicit: int) -> None:
        self.objective, self.g, self.exact, m = objective, g, exact, objective.x.shape[-1]
        self.curvature = objective.network.curvature(objective.x, objective.y, exact)
        self.penalty, self.mean = objective.decay * objective.penalised(), 1 / m
        self.matrix = None
        if len(g) <= explicit:
            self.matrix = self.mean * self.curvature.matrix().astype(np.float64) + np.diag(self.penalty)

    def times(self, d: Array) -> Array:
        """B d, (P,)."""
        if self.matrix is not None:
            return self.matrix @ d
        network = self.objective.network
        product = self.curvature.product(shaped(d.astype(network.dtype), network.parameters))
        return self.mean * flat(product).astype(np.float64) + self.penalty * d

    def size(self) -> float:
        """How large B is: its largest diagonal entry, or without a matrix its curvature along the gradient.

        Where there is no curvature at all it is |g|, so that a damping of its size makes a step of length 1.
        """
        length = float(np.linalg.norm(self.g))
        if self.matrix is not None:
            size = float(np.abs(np.diag(self.matrix)).max())
        else:
            size = float(abs(self.g @ self.times(self.g / length))) / length if length else 0.0
        return size or length

    def step(self, eta: float, damping: float) -> tuple[Array, float]:
        """The step d of this damping, and the change of the cost that B predicts for it: infinite where none is."""
        solution = self._solve(damping)
        if solution is None:
            return np.zeros_like(self.g), np.inf
        d = -eta * solution
        return d, float(self.g @ d + 0.5 * d @ self.times(d))

    def _solve(self, damping: float) -> Array | None:
        """(B + damping I)^-1 g, or None where that matrix is made and no minimum is known to be there."""
        if self.matrix is not None:
            return solve(self.matrix + damping * np.eye(len(self.g)), self.g)
        from scipy.sparse.linalg import LinearOperator, cg, minres  # heavy: only for the nets that need it

        square, method = (len(self.g), len(self.g)), minres if self.exact else cg  # minres takes negative curvature too
        damped = LinearOperator(square, matvec=lambda d: self.times(d) + damping * d, dtype=self.g.dtype)
        return method(damped, self.g, rtol=RESIDUAL, maxiter=PRODUCTS)[0]


def solve(matrix: Array, g: Array) -> Array | None:
    """matrix^-1 g of a symmetric matrix by Cholesky, by the pseudo-inverse where it is singular to rounding.

    None where it has a negative eigenvalue, or leaves a part of g unanswered: what it predicts has no minimum.

    >>> solve(np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([4.0, 0.0]))  # singular: the shortest solution
    array([2., 0.])
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigvalsh, pinvh  # heavy: only for steps of curvature

    rounding = len(g) * float(np.finfo(np.float64).eps)
    try:
        factor = cho_factor(matrix)
    except LinAlgError:
        values = eigvalsh(matrix)
        if values[0] < -rounding * values[-1]:
            return None
    else:
        pivots = np.square(np.diag(factor[0]))
        if pivots.min() > rounding * pivots.max():
            return cho_solve(factor, g)
    shortest = pinvh(matrix) @ g
    return shortest if np.linalg.norm(matrix @ shortest - g) <= SOLVED * np.linalg.norm(g) else None


@dataclass(frozen=True)
class SecondOrder:
    """A rule that looks at the cost itself: its curvature here, and its value where a step leads.

    A step that would not lower the cost is refused and tried again with more damping. On the whole training set a step
    that cannot lower it with any damping is the last one.
    """

    damping: float = 0.0  # lambda at the start, in units of the curvature of the mean cost
    explicit: int = 1500  # parameters up to which the matrix is made; beyond, conjugate gradients on products with it
    exact: ClassVar[bool]  # whether the curvature is the Hessian

    def memory(self, parameters: Mapping[str, Array]) -> dict[str, list[Array]]:
        """The damping, and 1 where no step lowers the cost any more; (R,) each, (1,) for a single network."""
        p = next(iter(parameters.values()))
        replicas = len(p) if p.ndim > 2 else 1
        return {"damping": [np.full(replicas, self.damping)], "stalled": [np.zeros(replicas)]}

    def check(self, network: Any, l1: float, dropout: float, clip_norm: float | None) -> None:
        """Refuse, as a UsageError, what has no curvature: another kind of network, |w|, a cost that changes."""
        import scipy.linalg  # noqa: F401  (before the training limits the threads of the BLAS libraries that are there)

        name = type(self).__name__
        if not hasattr(network, "curvature"):
            raise UsageError(f"{name} needs a network with a `curvature`, which {type(network).__name__} has not")
        for asked, sentence in (
            (l1, "l1, which has no curvature; leave it out, or take l2"),
            (dropout, "dropout, which changes the cost from step to step; leave it out, or take l2"),
            (
                clip_norm,
                "clip_norm, which parts gradient and curvature; leave it out, damping bounds the step",
            ),
        ):
            if asked:
                raise UsageError(f"{name} cannot apply {sentence}")
        nothing = np.zeros((1, 1), dtype=network.dtype)
        network.curvature(*(nothing.repeat(size, axis=0) for size in (network.sizes[0], network.sizes[-1])), self.exact)

    def descend(
        self, objective: Objective, gradient: Mapping[str, Array], memory: Mapping[str, list[Array]], eta: Any
    ) -> None:
        """Move the parameters of every replica in place by a step of rate eta, a number or one for each replica."""
        (damping,), (stalled,) = memory["damping"], memory["stalled"]
        rates, g = np.broadcast_to(np.ravel(eta), damping.shape), np.reshape(flat(gradient), (len(damping), -1))
        for r, one in enumerate(objective.replicas()):
            if stalled[r]:
                continue
            damping[r], refused = self._step(one, g[r].astype(np.float64), float(rates[r]), float(damping[r]))
            stalled[r] = refused and objective.whole

    def _step(self, objective: Objective, g: Array, eta: float, damping: float) -> tuple[float, bool]:
        """Move a network by the first step that lowers its cost; the next damping, and whether there was none."""
        parameters = objective.network.parameters
        theta = flat(parameters).astype(np.float64)
        before = objective.cost(theta)
        if not (np.isfinite(before) and np.isfinite(g).all()):
            return damping, True
        quadratic = Quadratic(objective, g, self.exact, self.explicit)
        least, rounding = LEAST * quadratic.size(), float(np.finfo(objective.network.dtype).eps) * abs(before)
        search = Search(damping, least)
        while search.goes_on:
            d, predicted = quadratic.step(eta, search.tried)
            after = objective.cost(theta + d) if predicted < -rounding else np.inf
            if after < before:
                for name, p in shaped(d, parameters).items():
                    parameters[name] += p
                return _next_damping(search.tried, (after - before) / predicted, least), False
            lost = -DOUBT * rounding <= predicted < -rounding and after <= before + rounding
            search.refuse(unseen=lost or -rounding <= predicted <= 0)
        return damping, True


def is_finished(rule: object, memory: Mapping[str, list[Array]]) -> bool:
    """Whether a rule of curvature has no step left that lowers the cost of any network; no other rule knows."""
    return isinstance(rule, SecondOrder) and bool(memory["stalled"][0].all())


class Search:
    """The dampings tried for one step: more after a step that is too bold, less after one too short to be seen.

    Between a damping that was too bold and one that was too short, the next lies in the middle, on a log scale.
    """

    def __init__(self, damping: float, least: float) -> None:
        self.tried, self.least, self.tries = damping, least, 0
        self.bold, self.short = -np.inf, np.inf  # the largest too bold, and the smallest too short
        self.goes_on = True

    def refuse(self, unseen: bool) -> None:
        """Take the step of the damping tried as too short, `unseen` beside the cost's rounding, or as too bold."""
        if unseen:
            self.short = self.tried
        else:
            self.bold = self.tried
        self.tries += 1
        self.goes_on = self.tries < TRIES and not (np.isinf(self.bold) and self.short <= self.least)
        if np.isinf(self.short):
            self.tried = max(FACTOR * self.tried, self.least)
        elif self.bold > 0:
            self.tried = math.sqrt(self.bold * self.short)
        else:
            self.tried = self.short / FACTOR


def _next_damping(damping: float, gain: float, least: float) -> float:
    """Less damping after a step that did what the curvature predicts, more after one that did not."""
    if gain > GOOD:
        return damping / FACTOR
    return max(FACTOR * damping, least) if gain < POOR else damping


@dataclass(frozen=True)
class Newton(SecondOrder):
    """Newton's method: theta <- theta - eta H^-1 g, H the Hessian; damped where this would raise the cost.

    >>> Newton().memory({"p": np.zeros((2, 3))})["damping"]  # none at first: the textbook's step
    [array([0.])]
    """

    exact: ClassVar[bool] = True


@dataclass(frozen=True)
class GaussNewton(SecondOrder):
    """Gauss-Newton with Levenberg-Marquardt damping: theta <- theta - eta (G + lambda I)^-1 g (Hagan and Menhaj 1994).

    >>> GaussNewton().memory({"p": np.zeros((2, 3))})["damping"]
    [array([0.01])]
    """

    damping: float = 0.01  # Hagan and Menhaj's first mu
    exact: ClassVar[bool] = False
