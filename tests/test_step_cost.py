"""What a step costs, counted rather than timed: numpy operations, new arrays, calls of bpnet's functions, memory.

The bounds are what was counted when they were set. A change that needs less lowers them; one that needs more says why.
"""

import platform
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from bpnet import Network, RecurrentNetwork, training
from bpnet.data import Dataset

PACKAGE = str(Path(training.__file__).parents[1])
WARM, COUNTED = 3, 5  # steps before the count, when arrays are made that stay; and those that are counted


class CountedArray(np.ndarray):
    """An array whose operations, and those of all that is computed from it, are counted in `counts`."""

    counts: ClassVar[Counter] = Counter()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **keywords):
        self.counts["operations"] += 1
        self.counts["products"] += ufunc is np.matmul
        plain = [a.view(np.ndarray) if isinstance(a, CountedArray) else a for a in inputs]
        if out is None:
            self.counts["arrays"] += 1
            return as_counted(getattr(ufunc, method)(*plain, **keywords))
        getattr(ufunc, method)(*plain, out=tuple(a.view(np.ndarray) for a in out), **keywords)
        return out[0]

    def __array_function__(self, function, types, arguments, keywords):
        self.counts["operations"] += 1
        # A sum of columns is a product with a column of ones, which is not counted.
        self.counts["products"] += function in (np.dot, np.einsum) and arguments[-1].shape[-1] > 1
        self.counts["arrays"] += keywords.get("out") is None
        return super().__array_function__(function, types, arguments, keywords)


def as_counted(value):
    return value.view(CountedArray) if isinstance(value, np.ndarray) else value


def digits_like(n):
    rng = np.random.default_rng(0)
    return Dataset(rng.random((n, 784), np.float32), np.eye(10, dtype=np.float32)[np.arange(n) % 10])


def xor_like():
    return Dataset(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]]), classes=("0", "1"))


def rows_network():
    return RecurrentNetwork([784, 64, 10], steps=28, activation="tanh", output="softmax")


SMALL = 10  # examples of a mini-batch, as in the book
CASES = {  # network, data, batch, measured
    "digits": (lambda: Network([784, 30, 10]), lambda: digits_like(100), SMALL, False),
    "xor": (lambda: Network([2, 4, 1]), xor_like, None, False),
    "xor measured": (lambda: Network([2, 4, 1]), xor_like, None, True),
    "xor, 100 replicas": (lambda: Network([2, 4, 1], seed=range(100)), xor_like, None, False),
    "xor, 100 replicas, measured": (lambda: Network([2, 4, 1], seed=range(100)), xor_like, None, True),
    "rows": (rows_network, lambda: digits_like(100), SMALL, False),
}
BOUNDS = {  # per step: operations of numpy, new arrays among them, calls of bpnet's functions, bytes at its height
    # A product has a home of its own, which is a call more for each, and of replicas asks how they lie in memory. A
    # full batch is dealt anew in each epoch, so that what a step of one's own does to it neither stays nor is left out.
    "digits": (27, 19, 49, 37_000),  # 31,360 of these bytes are the mini-batch itself
    "xor": (27, 19, 69, 4_700),
    "xor measured": (52, 43, 115, 5_800),
    "xor, 100 replicas": (30, 19, 92, 45_000),
    "xor, 100 replicas, measured": (55, 43, 129, 48_000),
    "rows": (133, 66, 107, 545_000),  # the slopes of all steps are kept from the forward pass on
}


def steps_of(name, counted=False, network=None):
    """A training's steps, the first of them taken; of a network of one's own instead of the case's, if there is one."""
    make, data, batch, measured = CASES[name]
    network = network or make()
    if counted:
        network = network.with_parameters({key: as_counted(p) for key, p in network.parameters.items()})
    settings = training.Settings(1000, batch, 0.1, measure=measured)
    steps = training.steps(network, data(), settings)
    for _ in range(WARM):
        next(steps)
    return steps


def operations(name, network=None):
    """What numpy does in a step, as `operations`, `arrays` that it makes and `products`: the most of several steps."""
    steps, most = steps_of(name, True, network), Counter()
    for _ in range(COUNTED):
        CountedArray.counts.clear()
        next(steps)
        most |= CountedArray.counts
    return most


def calls(name):
    """Calls of functions that stand in the package, generators' resumptions among them, in a step."""
    steps, seen = steps_of(name), []

    def count(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            seen[-1] += 1

    before = sys.getprofile()
    for _ in range(COUNTED):
        seen.append(0)
        sys.setprofile(count)
        try:
            next(steps)
        finally:
            sys.setprofile(before)
    return max(seen)


def memory(name):
    """Bytes at the height of a step beyond those before it, the most of several steps."""
    steps, found = steps_of(name), []
    tracemalloc.start()
    try:
        next(steps)
        for _ in range(COUNTED):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            next(steps)
            found.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return max(found)


@pytest.mark.parametrize("name", CASES)
def test_a_step_makes_no_more_operations_of_numpy_and_new_arrays(name):
    counted = operations(name)
    assert counted["operations"] <= BOUNDS[name][0]
    assert counted["arrays"] <= BOUNDS[name][1]


@pytest.mark.parametrize("name", ["digits", "xor", "xor, 100 replicas"])
def test_a_step_of_two_layers_makes_five_matrix_products(name):
    """Two forward, two of the gradient, one back to the hidden layer; so the count sees them all."""
    assert operations(name)["products"] == 5


@pytest.mark.parametrize("name", CASES)
def test_a_step_calls_no_more_functions_of_the_package(name):
    assert calls(name) <= BOUNDS[name][2]


@pytest.mark.parametrize("name", CASES)
def test_a_step_takes_no_more_memory(name):
    """The bounds leave a tenth for what Python itself allocates, which differs between its versions."""
    assert memory(name) <= BOUNDS[name][3]


def test_an_operation_more_in_each_step_is_counted():
    class Wasteful(Network):
        def output_delta(self, z, a, y):
            np.negative(self.weights[0])
            return super().output_delta(z, a, y)

    before, after = operations("xor"), operations("xor", Wasteful([2, 4, 1]))
    assert after - before == {"operations": 1, "arrays": 1}


FAULTS = """
import resource
import numpy as np
from bpnet import Network, training
from bpnet.data import Dataset
x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
data = Dataset(np.array(x, np.float32), np.array(y, np.float32), classes=("0", "1"))
steps = training.steps(Network([2, 4, 1], seed=range(10_000)), data, training.Settings(30, None, 3.0, measure=False))
for _ in range(5):
    next(steps)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    next(steps)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the page faults of another allocator are its own")
def test_a_step_works_in_the_memory_that_the_step_before_has_freed():
    """Its arrays have some 150 pages each; to fetch them anew took longer than what is computed in them."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10 * 150
