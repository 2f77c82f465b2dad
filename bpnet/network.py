"""The network: forward, backward, and what `cost_derivative` has to do with it.

Inside, an example is a column. With m examples side by side, n_in inputs and layers l = 1 ... L of n_l neurons:
x : (n_in, m), y : (n_out, m), w^l : (n_l, n_{l-1}), b^l : (n_l, 1), z^l = w^l a^{l-1} + b^l and a^l = sigma(z^l), both
(n_l, m). Every parameter may carry a leading axis R: R networks of one shape, trained at once by the same lines. BP1 to
BP4 are the four equations of backpropagation (Nielsen 2015, chapter 2).
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import training
from bpnet.activations import ACTIVATIONS, Activation
from bpnet.costs import Cost, cost_for
from bpnet.data import Dataset, as_dataset
from bpnet.errors import UsageError, unknown
from bpnet.history import History
from bpnet.initializers import Initializer, initializer
from bpnet.optimizers import OPTIMIZERS, SCHEDULES, Optimizer, Schedule, named
from bpnet.seeds import generator

Array = NDArray[Any]
Gradients = tuple[list[Array], list[Array]]

DTYPES = ("float32", "float64")


class Network:
    """A feedforward network, trained by stochastic gradient descent with backpropagation.

    `sizes` are the neurons of each layer, inputs first: [784, 30, 10]. `cost` is a name in COSTS or a Cost of one's
    own, `activation` that of the hidden layers and `output` that of the last, `init` a name in INITIALIZERS or such a
    function; weights and biases are drawn in float64, multiplied by `init_scale`, `output_bias` is added to the
    output's biases, and all is kept in `dtype`. A sequence of seeds makes one replica each, equal to the network that
    this seed makes alone.

    To train by another cost, pass it, or override `cost_derivative`.

    Raises:
        UsageError: sizes that make no network, an unknown name, a cost that cannot go with the output.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        cost: str | Cost = "ce",
        activation: str = "sigmoid",
        output: str = "sigmoid",
        init: str | Initializer = "default",
        init_scale: float = 1.0,
        output_bias: float = 0.0,
        seed: int | Sequence[int] = 0,
        dtype: Any = "float32",
    ) -> None:
        self.sizes = _checked_sizes(sizes)
        self.num_layers = len(self.sizes)
        self.seed = seed
        self.dtype = _checked_dtype(dtype)
        self.activations = [_activation(activation, hidden=True)] * (self.num_layers - 2) + [_activation(output)]
        if output == "softmax" and self.sizes[-1] == 1:
            raise UsageError("a softmax of one output is always 1; take two outputs, or a sigmoid")
        self.cost = cost_for(cost, self.activations[-1])
        draw = initializer(init) if isinstance(init, str) else init
        self._start = draw, init_scale, output_bias
        self.biases, self.weights = self._first_parameters(*self._start)

    def anew(self, seed: int | Sequence[int]) -> "Network":
        """The network that this one was when it was made, from another seed or other seeds."""
        twin = copy.copy(self)
        twin.seed = seed
        twin.biases, twin.weights = twin._first_parameters(*self._start)
        return twin

    def _first_parameters(self, draw: Initializer, scale: float, output_bias: float) -> Gradients:
        """Biases and weights, a list of layers each; with a leading axis where there are several seeds."""
        rngs = [generator(seed, "weights") for seed in _checked_seeds(self.seed)]
        biases, weights = [], []
        for n_in, n_out in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            drawn = [draw(rng, n_in, n_out) for rng in rngs]
            weights.append(np.stack([scale * w for w, _ in drawn]))
            biases.append(np.stack([scale * b for _, b in drawn]))
        biases[-1] += output_bias
        first = 0 if np.ndim(self.seed) == 0 else slice(None)
        return [b[first].astype(self.dtype) for b in biases], [w[first].astype(self.dtype) for w in weights]

    @property
    def replicas(self) -> int | None:
        """How many networks these are; None for a single one without a replica axis."""
        return len(self.weights[0]) if self.weights[0].ndim == 3 else None

    @property
    def parameters(self) -> int:
        """How many weights and biases one network has."""
        return sum(n_out * (n_in + 1) for n_in, n_out in zip(self.sizes[:-1], self.sizes[1:], strict=True))

    def feedforward(self, a: Array) -> Array:
        """The output for inputs a : (n_in, m), or (n_in,) for one example, as columns (n_out, m).

        Raises:
            UsageError: inputs of another shape.
        """
        return self.forward(self._columns(a, self.sizes[0], "inputs"))[1][-1]

    def predict(self, x: Array) -> Array:
        """The output for examples as rows: (n, n_in) to (n, n_out).

        Raises:
            UsageError: rows of another length.
        """
        rows = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != self.sizes[0]:
            raise UsageError(f"examples of shape {rows.shape} for a network that takes rows (n, {self.sizes[0]})")
        return self.feedforward(rows.T).mT

    def forward(self, x: Array, masks: list[Array] | None = None) -> tuple[list[Array], list[Array]]:
        """Weighted inputs zs of layers 1 to L, and activations of layers 0 to L, for x : (n_in, m).

        `masks` multiply the hidden activations (dropout).
        """
        zs: list[Array] = []
        activations = [x]
        for layer, (b, w) in enumerate(zip(self.biases, self.weights, strict=True)):
            zs.append(w @ activations[-1] + b)
            activations.append(self.activations[layer].value(zs[-1]))
            if masks is not None and layer < len(masks):
                activations[-1] = activations[-1] * masks[layer]
        return zs, activations

    def backprop(
        self,
        x: Array,
        y: Array,
        out: Gradients | None = None,
        masks: list[Array] | None = None,
        scale: float = 1.0,
    ) -> Gradients:
        """The gradient of the cost for every parameter, summed over the m columns of x : (n_in, m), y : (n_out, m).

        Returns (nabla_b, nabla_w), lists of arrays shaped like `biases` and `weights`; `out` is such a pair to write
        into. `scale` multiplies them all, 1/m for the mean. Penalties on the weights are not part of it.
        """
        x, y = self._columns(x, self.sizes[0], "inputs"), self._columns(y, self.sizes[-1], "targets")
        nabla_b, nabla_w = out or self._buffers()
        zs, activations = self.forward(x, masks)
        delta = scale * self.output_delta(zs[-1], activations[-1], y)  # BP1
        for layer in reversed(range(len(self.weights))):
            delta.sum(axis=-1, keepdims=True, out=nabla_b[layer])  # BP3
            np.matmul(delta, activations[layer].mT, out=nabla_w[layer])  # BP4
            if layer > 0:
                delta = (self.weights[layer].mT @ delta) * self.activations[layer - 1].slope(zs[layer - 1])  # BP2
                if masks is not None:
                    delta *= masks[layer - 1]
        return nabla_b, nabla_w

    def output_delta(self, z: Array, a: Array, y: Array) -> Array:
        """dC/dz of the output layer, (n_out, m): the cost's own, or from `cost_derivative` where that was replaced."""
        if getattr(self.cost_derivative, "__func__", None) is Network.cost_derivative:
            return self.cost.output_delta(self.activations[-1], z, a, y)
        return self.activations[-1].pull_back(self.cost_derivative(a, y), z)  # BP1

    def cost_derivative(self, output_activations: Array, y: Array) -> Array:
        """dC/da, (n_out, m), of the outputs a for targets y. Override it to train by another cost.

        An override is multiplied by the output's slope (a softmax's whole Jacobian); what `cost` reports stays.
        """
        return self.cost.derivative(output_activations, y)

    def data_cost(self, z: Array, a: Array, y: Array) -> Array:
        """What each example costs, summed over its outputs, (m,); penalties on the weights are not part of it."""
        return self.cost.value(z, a, y).sum(axis=-2)

    def update_mini_batch(self, mini_batch: Any, eta: float, lmbda: float = 0.0, n: int | None = None) -> None:
        """One step of plain gradient descent on a mini-batch, given as `SGD` takes training data.

        `lmbda` is the L2 penalty (l2 in a config) and n the size of the training set it is divided by; without n, that
        of the mini-batch.
        """
        batch = as_dataset(mini_batch, self.sizes[-1])
        settings = training.Settings(1, None, eta, l2=lmbda)
        state = training.start(self, settings)
        training.update(self, batch.x.T, batch.y.T, settings, state, eta, n or len(batch))

    def SGD(  # noqa: N802  (the book's name)
        self,
        training_data: Any,
        epochs: int,
        mini_batch_size: int | None,
        eta: Any,
        lmbda: float = 0.0,
        evaluation_data: Any = None,
        *,
        optimizer: str | Optimizer = "sgd",
        l1: float = 0.0,
        dropout: float = 0.0,
        early_stopping: int | None = None,
        schedule: str | Schedule | None = None,
        monitor: str | Sequence[str] = (),
        on_epoch: Callable[[training.State], object] | None = None,
    ) -> History:
        """Train in place by mini-batch stochastic gradient descent and return what each epoch measured.

        `eta`, `lmbda` and `mini_batch_size` are the config's learning_rate, l2 and batch_size (None: full batch). Data
        are a Dataset, a pair (X, Y) of arrays with examples as rows, or the book's list of (x, y) columns.
        `evaluation_data` is measured as `validation_...`. An optimiser or a schedule is a name in OPTIMIZERS or
        SCHEDULES, or one made with options of its own. The order of epoch e comes from (seed, e).

        Raises:
            UsageError: data that do not fit the network, or a rule that lacks what it needs.
            DivergedError: the cost left the finite numbers; the network is put back to the last epoch that was.
        """
        data = self._dataset(training_data)
        validation = None if evaluation_data is None else self._dataset(evaluation_data)
        settings = training.Settings(
            epochs,
            mini_batch_size,
            eta,
            named("optimiser", optimizer, OPTIMIZERS),
            l2=lmbda,
            l1=l1,
            dropout=dropout,
            early_stopping=early_stopping,
            schedule=named("schedule", schedule, SCHEDULES),
            monitor=(monitor,) if isinstance(monitor, str) else tuple(monitor),
            seed=self.seed,
        )
        state = training.train(self, data, settings, validation, on_epoch=on_epoch)
        training.finish(self, state)
        return state.history

    def dropout_masks(self, share: float, m: int, rngs: Sequence[np.random.Generator]) -> list[Array]:
        """Per hidden layer (n_l, m): 0 for the share dropped, else 1/(1 - share), so that nothing is rescaled later.

        One generator serves all replicas alike; else each replica has its own (Srivastava et al. 2014).
        """
        masks = []
        for n in self.sizes[1:-1]:
            kept = np.stack([rng.random((n, m)) >= share for rng in rngs])
            masks.append((kept if len(rngs) > 1 else kept[0]).astype(self.dtype) / self.dtype.type(1 - share))
        return masks

    def _buffers(self) -> Gradients:
        return [np.empty_like(b) for b in self.biases], [np.empty_like(w) for w in self.weights]

    def _dataset(self, data: Any) -> Dataset:
        dataset = as_dataset(data, self.sizes[-1])
        if not len(dataset):
            raise UsageError("no examples; a network needs one at least")
        if dataset.n_in != self.sizes[0]:
            raise UsageError(f"examples with {dataset.n_in} inputs for a network with {self.sizes[0]}")
        if not (np.isfinite(dataset.x).all() and np.isfinite(dataset.y).all()):
            raise UsageError("examples hold NaN or infinite numbers; leave those out or fill them in")
        low, high = dataset.y.min(), dataset.y.max()
        if self.cost.outputs and (low < 0 or high > 1):
            raise UsageError(f"targets from {low:g} to {high:g}: {self.cost.name} takes probabilities, from 0 to 1")
        return dataset

    def _columns(self, a: Array, n: int, what: str) -> Array:
        """The array in the network's dtype with n rows; a plain vector of n is one example."""
        a = np.asarray(a, dtype=self.dtype)
        if a.shape == (n,):
            return a[:, np.newaxis]
        if a.ndim < 2 or a.shape[-2] != n:
            hint = "; examples are columns here: transpose the array" if a.ndim == 2 and a.shape[1] == n else ""
            raise UsageError(f"{what} of shape {a.shape} for a network that takes ({n}, m){hint}")
        return a


def _checked_sizes(sizes: Sequence[int]) -> list[int]:
    try:
        checked = [int(n) for n in sizes]
    except (TypeError, ValueError):
        checked = []
    if len(checked) < 2 or any(n != m or n < 1 for n, m in zip(checked, sizes, strict=True)):
        raise UsageError(f"sizes {sizes!r} make no network; take at least an input and an output, such as [2, 1]")
    return checked


def _checked_dtype(dtype: Any) -> np.dtype[Any]:
    if str(dtype) not in DTYPES and dtype not in (np.float32, np.float64):
        raise UsageError(f"dtype {dtype!r} is none to train in; take 'float32' or 'float64'")
    return np.dtype(dtype)


def _activation(name: str, hidden: bool = False) -> Activation:
    if name not in (choices := [known for known in ACTIVATIONS if known != "softmax" or not hidden]):
        raise unknown("hidden activation" if hidden else "output activation", name, choices)
    return ACTIVATIONS[name]


def _checked_seeds(seed: int | Sequence[int]) -> list[int]:
    """One seed or several as a list."""
    seeds = np.atleast_1d(np.asarray(seed))
    if seeds.ndim != 1 or not len(seeds) or seeds.dtype.kind not in "iu" or (seeds < 0).any():
        raise UsageError(f"seed {seed!r}: a whole number from 0, or a sequence of them, one a replica")
    return [int(one) for one in seeds]
