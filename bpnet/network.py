"""The network: forward, backward, and where `cost_derivative` enters.

Inside, an example is a column. With m examples side by side, n_in inputs and layers l = 1 ... L of n_l neurons:
x : (n_in, m), y : (n_out, m), w^l : (n_l, n_{l-1}), b^l : (n_l, 1), z^l = w^l a^{l-1} + b^l and a^l = sigma(z^l), both
(n_l, m). Every parameter may carry a leading axis R: R networks of one shape, trained at once by the same lines. BP1 to
BP4 are the four equations of backpropagation (Nielsen 2015, chapter 2).
"""

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from bpnet import training
from bpnet.activations import Array
from bpnet.costs import Cost, check_targets, cost_for
from bpnet.data import Dataset, MiniBatch
from bpnet.datasets.examples import as_dataset, columns, target_columns
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.initializers import Initializer, checked_activations, checked_sizes, first_parameters, initializer
from bpnet.optimizers import OPTIMIZERS, SCHEDULES, Rule, Schedule, named
from bpnet.products import column_sum, product
from bpnet.second_order import Curvature
from bpnet.seeds import Seed
from bpnet.training import Gradients, Parameters, Pass, Probe

KEPT = 2**14  # numbers in the inputs of a forward pass that is kept for the next step; with more it is cheap to repeat


class Network:
    """A feedforward network, trained by stochastic gradient descent with backpropagation.

    `sizes` are the neurons of each layer, inputs first: [784, 30, 10]. `cost` is a name in COSTS or a Cost of one's
    own, `activation` that of the hidden layers and `output` that of the last, `init` a name in INITIALIZERS or such a
    function; weights and biases are drawn in float64, multiplied by `init_scale`, `output_bias` is added to the
    output's biases, and all is kept in `dtype`. A sequence of seeds makes one replica each, equal to the network that
    this seed makes alone.

    To train by another cost, pass it, or override `cost_derivative`; overridden, `backprop` and `update_mini_batch`
    are what trains too.

    Raises:
        UsageError: sizes, seed or dtype that make no network, an unknown name, a cost that cannot go with the output.
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
        seed: Seed = 0,
        dtype: Any = "float32",
    ) -> None:
        self.seed, self.sizes = seed, checked_sizes(sizes)
        self.num_layers = len(self.sizes)
        self._droppable = self.sizes[1:-1]
        self.activations = checked_activations(self.sizes, activation, output)
        self.cost = cost_for(cost, self.activations[-1])
        self._start = initializer(init) if isinstance(init, str) else init, init_scale, output_bias
        first = self._first_parameters(seed, dtype)
        self._weight_names = [name for name in first if name.startswith("weights")]
        self._bias_names = [name for name in first if not name.startswith("weights")]
        self._places = [(name, [*self._weight_names, *self._bias_names].index(name)) for name in first]
        self._hold(first)

    def _first_parameters(self, seed: Seed, dtype: Any) -> Parameters:
        """The parameters before any training, in the order that they keep."""
        return first_parameters(self.sizes, *self._start, seed, dtype)

    @property
    def parameters(self) -> Parameters:
        """The arrays of `weights` and `biases` themselves by name: weights_1, biases_1, weights_2, ..."""
        return self._named(self.weights, self.biases)

    def _named(self, weights: list[Array], biases: list[Array]) -> Parameters:
        """A list of arrays like `weights` and one like `biases` as one dict."""
        arrays = [*weights, *biases]
        return {name: arrays[place] for name, place in self._places}

    def _listed(self, arrays: Mapping[str, Array]) -> Gradients:
        """A dict of arrays as a list like `biases` and one like `weights`."""
        return [arrays[name] for name in self._bias_names], [arrays[name] for name in self._weight_names]

    def _hold(self, parameters: Mapping[str, Array]) -> Self:
        self.biases, self.weights = self._listed(parameters)
        self.dtype = self.weights[0].dtype
        self._ahead: tuple[list[Any], Pass] | None = None  # what a forward pass depended on, and the pass
        return self

    def with_parameters(self, parameters: Mapping[str, Array]) -> Self:
        """This network with other arrays of these names, perhaps with a replica axis or another dtype."""
        return copy.copy(self)._hold(parameters)

    def with_seed(self, seed: Seed) -> Self:
        """The network that this one was when it was made, from another seed or other seeds."""
        twin = self.with_parameters(self._first_parameters(seed, self.dtype))
        twin.seed = seed
        return twin

    @property
    def replicas(self) -> int | None:
        """How many networks these are; None for a single one without a replica axis."""
        return len(self.weights[0]) if self.weights[0].ndim == 3 else None

    def feedforward(self, a: Array) -> Array:
        """The output for inputs a : (n_in, m), or (n_in,) for one example, as columns (n_out, m), or a UsageError."""
        return self.forward(columns(a, self.sizes[0], "inputs", self.dtype))[1][-1]

    def predict(self, x: Array) -> Array:
        """The output for examples as rows: (n, n_in) to (n, n_out); rows of another length are a UsageError."""
        if (shape := np.shape(x))[1:] != (self.sizes[0],):
            raise UsageError(f"examples of shape {shape} for a network that takes rows (n, {self.sizes[0]})")
        return self.feedforward(np.asarray(x).T).mT

    def forward(self, x: Array, masks: list[Array] | None = None, slopes: list[Array] | None = None) -> Gradients:
        """Weighted inputs zs of layers 1 to L, and activations of layers 0 to L, for x : (n_in, m).

        `masks` multiply the hidden activations (dropout); `slopes`, a list, is given the slopes of the hidden layers.
        """
        zs: list[Array] = []
        activations = [x]
        for layer, (b, w, f) in enumerate(zip(self.biases, self.weights, self.activations, strict=True)):
            zs.append(product(w, activations[-1]) + b)
            if slopes is None or w is self.weights[-1]:
                a = f.value(zs[-1])
            else:
                a, slope = f.with_slope(zs[-1])
                slopes.append(slope)
            activations.append(a if masks is None or layer >= len(masks) else a * masks[layer])
        return zs, activations

    def backprop(
        self, x: Array, y: Array, out: Gradients | None = None, masks: list[Array] | None = None, scale: float = 1.0
    ) -> Gradients:
        """The gradient of every parameter, summed over the columns of x : (n_in, m), y : (n_out, m) or m classes.

        Returns (nabla_b, nabla_w), lists of arrays shaped like `biases` and `weights`, or `out`, such a pair, written
        over. `scale` multiplies them all, 1/m for the mean. Penalties on the weights are not part of it.
        """
        x, y = self._examples(x, y)
        nabla_b, nabla_w = out or ([np.empty_like(b) for b in self.biases], [np.empty_like(w) for w in self.weights])
        zs, activations, slopes = self._passed(x, masks)
        delta = scale * self.output_delta(zs[-1], activations[-1], y)  # BP1
        for layer in reversed(range(len(self.weights))):
            column_sum(delta, out=nabla_b[layer])  # BP3
            product(delta, activations[layer].mT, out=nabla_w[layer])  # BP4
            if layer > 0:
                delta = product(self.weights[layer].mT, delta) * slopes[layer - 1]  # BP2
                if masks is not None:
                    delta *= masks[layer - 1]
        return nabla_b, nabla_w

    def output_delta(self, z: Array, a: Array, y: Array) -> Array:
        """dC/dz of the output layer, (n_out, m): in closed form where the cost has one, else from `cost_derivative`."""
        if self._overrides("cost_derivative"):
            return self.activations[-1].pull_back(self.cost_derivative(a, y), z)
        return self.cost.output_delta(self.activations[-1], z, a, y)

    def cost_derivative(self, output_activations: Array, y: Array) -> Array:
        """dC/da, (n_out, m), of the outputs a for targets y. Override it to train by another cost.

        An override is multiplied by the output's slope (a softmax's whole Jacobian); what `cost` reports stays.
        """
        return self.cost.derivative(output_activations, y)

    def outputs_and_costs(self, x: Array, y: Array, ahead: bool = False) -> tuple[Array, Array]:
        """Outputs (n_out, m), and what each example costs, (m,), summed over its outputs and without penalties.

        `ahead`: `backprop` is next, and takes the forward pass from here if inputs and parameters are still the same.
        """
        (*_, z), (*_, a), _ = self._passed(x, None, x.size <= KEPT) if ahead else (*self.forward(x), [])
        costs = np.add.reduce(self.cost.value(z, a, target_columns(y, self.sizes[-1], a.shape[-1])), axis=-2)
        return a.copy() if ahead else a, costs

    def _passed(self, x: Array, masks: list[Array] | None, keep: bool = False) -> Pass:
        """The forward pass of x: made now, and perhaps kept, or kept before, if all that it depends on is the same."""
        arrays = (x, *self.weights, *self.biases) if keep or self._ahead else ()
        state = [*self.activations, *[(p.shape, p.strides, p.ravel("K").tobytes()) for p in arrays]]
        if self._ahead and masks is None and self._ahead[0] == state:
            return self._ahead[1]
        slopes = list[Array]()
        own, ours = ((x,) if masks is None else (x, masks)), (x, masks, slopes)
        zs, activations = self.forward(*(own if self._overrides("forward") else ours))
        passed = zs, activations, slopes or [f.slope(z) for f, z in zip(self.activations, zs[:-1], strict=False)]
        self._ahead = (state, passed) if keep else None
        return passed

    def gradient(
        self, x: Array, y: Array, out: Parameters | None = None, scale: float = 1.0, masks: list[Array] | None = None
    ) -> Parameters:
        """What `backprop` returns, by the parameters' names; an override that cannot apply dropout is a UsageError."""
        if not self._overrides("backprop"):
            nabla_b, nabla_w = self.backprop(x, y, self._listed(out) if out else None, masks, scale)
            return out or self._named(nabla_w, nabla_b)
        if masks is not None and "masks" not in inspect.signature(self.backprop).parameters:
            raise UsageError(f"{type(self).__name__}.backprop takes no masks, so dropout has no effect; leave it out")
        nabla_b, nabla_w = self.backprop(x, y) if masks is None else self.backprop(x, y, masks=masks)
        return self._named([scale * g for g in nabla_w], [scale * g for g in nabla_b])

    def curvature(self, x: Array, y: Array, exact: bool = True) -> Curvature:
        """The Hessian, or else Gauss-Newton matrix, of the cost summed over columns; an override's is a UsageError."""
        if any(map(self._overrides, ("forward", "cost_derivative", "output_delta", "backprop", "gradient"))):
            raise UsageError(f"{type(self).__name__} has a gradient of its own, whose curvature is not known")
        return Curvature(self, *self._examples(x, y), exact)

    def probe(self, x: Array, y: Array) -> dict[str, Probe]:
        """Each layer on the examples x : (n_in, m), y : (n_out, m), for the monitors, named 1, 2, ... as its arrays."""
        x, y = self._examples(x, y)
        zs, _ = self.forward(x)
        gradient = {name: g / x.shape[-1] for name, g in self.gradient(x, y).items()}
        layers = zip(self._weight_names, self._bias_names, self.activations, zs, self.weights, strict=True)
        return {
            str(k): Probe([(f, z)], gradient[b], {w: array}, {w: gradient[w]}, y if z is zs[-1] else None)
            for k, (w, b, f, z, array) in enumerate(layers, 1)
        }

    def update_mini_batch(
        self, mini_batch: Any, eta: Any, lmbda: float = 0.0, n: int | None = None, update: Any = None
    ) -> None:
        """One step on a mini-batch, given as `SGD` takes training data; SGD takes every step by this method.

        `lmbda` is the L2 penalty (l2 in a config), divided by n, the size of the training set (else of the mini-batch).
        `update` has the optimiser of the training; without it the step is plain gradient descent. An override may have
        the book's signature; it finds the pairs (x, y) of columns in `mini_batch`.
        """
        if not isinstance(mini_batch, MiniBatch):
            rows = self._dataset(mini_batch)
            mini_batch = MiniBatch(rows.x.T, rows.y.T)
        update = update or training.Update.for_network(self, training.Settings(1, None, eta))
        update.apply(self, mini_batch, eta, lmbda, n or mini_batch.x.shape[-1])

    def SGD(  # noqa: N802  (the book's name)
        self,
        training_data: Any,
        epochs: int,
        mini_batch_size: int | None,
        eta: Any,
        lmbda: float = 0.0,
        evaluation_data: Any = None,
        *,
        optimizer: str | Rule = "sgd",
        l1: float = 0.0,
        dropout: float = 0.0,
        clip_norm: float | None = None,
        early_stopping: int | None = None,
        schedule: str | Schedule | None = None,
        monitor: str | Sequence[str] = (),
    ) -> History:
        """Train in place by mini-batch stochastic gradient descent and return what each epoch measured.

        `eta`, `lmbda` and `mini_batch_size` are the config's learning_rate, l2 and batch_size (None: full batch). Data
        are a Dataset, a pair (X, Y) of arrays with examples as rows, or the book's list of (x, y) columns;
        `evaluation_data` is measured as `validation_...`. An optimiser or a schedule is a name in its registry, or one
        made with options. To look at each epoch, or to stop early, loop over `training.epochs` instead.

        Raises:
            UsageError: data that do not fit the network, or a rule that lacks what it needs.
            DivergedError: the cost left the finite numbers; the network is put back to the last epoch that was.
        """
        data = self._dataset(training_data)
        validation = None if evaluation_data is None else self._dataset(evaluation_data)
        rule, plan = named("optimiser", optimizer, OPTIMIZERS), named("schedule", schedule, SCHEDULES)
        monitors = (monitor,) if isinstance(monitor, str) else tuple(monitor)
        settings = training.Settings(
            epochs, mini_batch_size, eta, rule, lmbda, l1, dropout, early_stopping, plan, monitors, seed=self.seed
        )
        return training.fit(self, data, replace(settings, clip_norm=clip_norm).checked(), validation)

    def dropout_masks(self, share: float, m: int, rngs: Sequence[np.random.Generator]) -> list[Array]:
        """Per hidden layer (n_l, m): 0 for the share dropped, else 1/(1 - share), so that nothing is rescaled later.

        One generator serves all replicas alike; else each replica has its own (Srivastava et al. 2014).
        """
        replicas = slice(None) if len(rngs) > 1 else 0
        kept = (np.stack([rng.random((n, m)) >= share for rng in rngs])[replicas] for n in self._droppable)
        return [mask.astype(self.dtype) / self.dtype.type(1 - share) for mask in kept]

    def _overrides(self, method: str) -> bool:
        """Whether a subclass, or this very network, has its own method of that name."""
        return getattr(getattr(self, method), "__func__", None) is not getattr(Network, method)

    def _dataset(self, data: Any) -> Dataset:
        """The data as a Dataset that this network and its cost can learn from."""
        dataset = as_dataset(data, self.sizes[-1], self.sizes[0])
        check_targets(self.cost, dataset.y)
        return dataset

    def _examples(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Inputs (n_in, m) and targets (n_out, m) in the network's dtype; m class numbers are targets too."""
        x = columns(x, self.sizes[0], "inputs", self.dtype)
        return x, columns(target_columns(y, self.sizes[-1], x.shape[-1]), self.sizes[-1], "targets", self.dtype)
