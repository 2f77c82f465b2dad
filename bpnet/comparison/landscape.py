"""The cost as a surface over two parameters, with the path that training took down it.

For the neuron the two are w and b. A larger network is looked at in the plane that holds most of both costs' paths:
through their mean, along the two leading principal directions (Li et al. 2018 draw trajectories so).
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.comparison.race import Entry, Lane
from bpnet.errors import UsageError
from bpnet.network import Network

Array = NDArray[Any]

FINENESS = 61
SAMPLE = 500
AT_ONCE = 4_000_000
MARGIN = 0.15


@dataclass(frozen=True)
class Surface:
    """One cost over the plane: values (q, p) at `second` (q,) and `first` (p,), and a path (t, 2) at `epochs` (t,)."""

    cost: str
    first: Array
    second: Array
    values: Array
    path: Array
    epochs: Array


def landscape(entries: Sequence[Entry], lanes: Sequence[Lane]) -> tuple[tuple[str, str], list[Surface]]:
    """The names of the two axes and the surface of each cost of one condition, over the same plane.

    Raises:
        UsageError: the paths were not kept, or no run has a finite one.
    """
    paths = [lane.path[:, 0].astype(np.float64) for lane in lanes if lane.path is not None]
    well = [np.isfinite(path).all(axis=1) for path in paths]
    paths = [path[rows] for path, rows in zip(paths, well, strict=True)]
    if len(paths) != len(lanes) or not all(len(path) for path in paths):
        raise UsageError("a cost surface needs the path of every cost; compare with surface=True (--surface)")
    centre, directions, names = _plane(paths)
    flat = [(path - centre) @ directions.T for path in paths]
    first, second = _axes(np.concatenate(flat))
    grid = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    points = centre + grid @ directions
    surfaces = [
        Surface(
            entry.cost,
            first,
            second,
            _costs(entry, points).reshape(len(second), len(first)),
            path,
            lane.epochs[rows],
        )
        for entry, lane, path, rows in zip(entries, lanes, flat, well, strict=True)
    ]
    return names, surfaces


def _plane(paths: Sequence[Array]) -> tuple[Array, Array, tuple[str, str]]:
    """A point of the plane, two orthonormal directions (2, P), and what they are called."""
    together = np.concatenate(paths)
    if together.shape[1] == 2:
        return np.zeros(2), np.eye(2), ("w", "b")
    centre = together.mean(axis=0)
    _, spread, directions = np.linalg.svd(together - centre, full_matrices=False)
    shares = np.square(spread) / max(float(np.square(spread).sum()), 1e-300)
    names = [f"principal direction {k + 1} ({100 * shares[k]:.0f} % of the paths' variance)" for k in (0, 1)]
    return centre, directions[:2], (names[0], names[1])


def _axes(points: Array) -> tuple[Array, Array]:
    low, high = points.min(axis=0), points.max(axis=0)
    room = MARGIN * np.maximum(high - low, 1e-6) + 0.05 * float((high - low).max())
    ends = zip(low - room, high + room, strict=True)
    first, second = (np.linspace(a, b, FINENESS) for a, b in ends)
    return first, second


def _costs(entry: Entry, points: Array) -> Array:
    """The mean cost at each of the points (n, P) of parameter space, a replica for each."""
    some = entry.train.take(slice(0, SAMPLE))
    x, y = some.x.T, some.y.T
    step = max(1, AT_ONCE // (points.shape[1] + len(some) * max(entry.network.sizes[1:])))
    found = []
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(0, len(points), step):
            network = _at(entry.network, points[k : k + step])
            zs, activations = network.forward(x)
            found.append(network.data_cost(zs[-1], activations[-1], y).mean(axis=-1))
    return np.concatenate(found)


def _at(network: Network, points: Array) -> Network:
    """The network with each row of points as the parameters of a replica: all weights, then all biases."""
    whole = copy.copy(network)
    shapes = [p.shape[1:] for p in network.weights + network.biases]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = [part.reshape(-1, *shape) for part, shape in zip(np.split(points, cuts, axis=1), shapes, strict=True)]
    whole.weights, whole.biases = parts[: len(network.weights)], parts[len(network.weights) :]
    return whole
