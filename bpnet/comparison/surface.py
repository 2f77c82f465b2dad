"""The cost as a surface over two parameters, with the path that training took down it.

For the neuron the two are w and b. A larger network is looked at in the plane that holds most of both costs' paths:
through their mean, along the two leading principal directions (Li et al. 2018 draw trajectories so).
"""

from collections.abc import Sequence

import numpy as np

from bpnet.comparison.results import CostResult
from bpnet.comparison.trials import Trial
from bpnet.metrics import Array
from bpnet.network import Network
from bpnet.plots.subjects import Surface

FINENESS = 61  # points along each axis
SAMPLE = 500  # training examples that the cost of a point is averaged over
AT_ONCE = 4_000_000  # numbers in one forward pass over many points, so that its arrays stay small
MARGIN = 0.15  # of the paths' extent, left around them
LEAST_MARGIN = 0.05  # of the longer extent, so that a straight path has room beside it
SMALLEST = 1e-300  # keeps a division by zero variance from happening


def surfaces(trials: Sequence[Trial], results: Sequence[CostResult]) -> tuple[tuple[str, str], tuple[Surface, ...]]:
    """The names of the two axes and each cost's surface, over the same plane; nothing if a cost has no finite path."""
    paths = [result.path.astype(np.float64) for result in results if result.path is not None]
    finite = [np.isfinite(path).all(axis=1) for path in paths]
    paths = [path[rows] for path, rows in zip(paths, finite, strict=True)]
    if len(paths) != len(results) or not all(len(path) for path in paths):
        return ("", ""), ()
    centre, directions, names = _plane(paths)
    flat = [(path - centre) @ directions.T for path in paths]
    low, high = np.concatenate(flat).min(axis=0), np.concatenate(flat).max(axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6) + LEAST_MARGIN * float((high - low).max())
    first, second = np.linspace(low - margin, high + margin, FINENESS, axis=1)
    points = centre + np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2) @ directions
    return names, tuple(
        Surface(
            cost=trial.cost,
            first=first,
            second=second,
            values=_costs(trial, points).reshape(len(second), len(first)),
            path=path,
            epochs=result.history["epoch"][rows],
        )
        for trial, result, path, rows in zip(trials, results, flat, finite, strict=True)
    )


def _plane(paths: Sequence[Array]) -> tuple[Array, Array, tuple[str, str]]:
    """A point of the plane, two orthonormal directions (2, P), and what they are called."""
    together = np.concatenate(paths)
    if together.shape[1] == 2:
        return np.zeros(2), np.eye(2), ("w", "b")
    centre = together.mean(axis=0)
    _, spread, directions = np.linalg.svd(together - centre, full_matrices=False)
    shares = np.square(spread) / max(float(np.square(spread).sum()), SMALLEST)
    names = [f"principal direction {k + 1} ({100 * shares[k]:.0f} % of the paths' variance)" for k in (0, 1)]
    return centre, directions[:2], (names[0], names[1])


def _costs(trial: Trial, points: Array) -> Array:
    """The mean cost at each of the points (n, P) of parameter space, a replica for each."""
    network, data = trial.parts[0].network, trial.parts[0].splits.train
    examples = data.take(slice(0, SAMPLE))
    x, y = examples.x.T, examples.y.T
    step = max(1, AT_ONCE // (points.shape[1] + len(examples) * max(network.sizes[1:])))
    costs = []
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(0, len(points), step):
            moved = _at(network, points[k : k + step])
            costs.append(moved.outputs_and_costs(x, y)[1].mean(axis=-1))
    return np.concatenate(costs)


def _at(network: Network, points: Array) -> Network:
    """The network with each row of points as the parameters of a replica: all weights, then all biases."""
    names = sorted(network.parameters, key=lambda name: not name.startswith("weights"))
    shapes = [network.parameters[name].shape[1:] for name in names]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(points, cuts, axis=1)
    arrays = (part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True))
    return network.with_parameters(dict(zip(names, arrays, strict=True)))
