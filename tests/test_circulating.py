"""The example that circulates, [3, 4, 1] on four rows, and the class that is handed around with it."""

from pathlib import Path

import numpy as np
import pytest

from bpnet.datasets import load
from bpnet.network import Network

pytestmark = pytest.mark.usefixtures("elsewhere")


class Circulating:
    """Two layers of sigmoids with weights (inputs, outputs) and no biases, which steps by the full gradient of the sum.

    Examples are rows; a step of size 1 goes down sum (y - a)^2, so that the factor 2 is in it.
    """

    def __init__(self, rng):
        self.first, self.second = rng.random((3, 4)), rng.random((4, 1))

    def outputs(self, x):
        self.hidden = 1 / (1 + np.exp(-(x @ self.first)))
        return 1 / (1 + np.exp(-(self.hidden @ self.second)))

    def steps(self, x, y):
        a = self.outputs(x)
        delta = 2 * (y - a) * a * (1 - a)
        back = (delta @ self.second.T) * self.hidden * (1 - self.hidden)
        return x.T @ back, self.hidden.T @ delta

    def train(self, x, y):
        first, second = self.steps(x, y)
        self.first, self.second = self.first + first, self.second + second


class WithoutBiases(Network):
    def backprop(self, x, y):
        nabla_b, nabla_w = super().backprop(x, y)
        return [0 * b for b in nabla_b], nabla_w


@pytest.fixture
def pair():
    theirs = Circulating(np.random.default_rng(1))
    ours = WithoutBiases([3, 4, 1], cost="mse", dtype="float64")
    ours.weights = [theirs.first.T.copy(), theirs.second.T.copy()]
    ours.biases = [np.zeros_like(b) for b in ours.biases]
    return ours, theirs


def test_equal_weights_give_equal_outputs(pair):
    """On the four rows and on the four unseen ones."""
    ours, theirs = pair
    every = np.vstack([load("xor3").x, load("xor3").x * [1, 1, 0]])
    np.testing.assert_allclose(ours.predict(every), theirs.outputs(every), rtol=1e-14)


def test_its_step_is_twice_the_gradient_uphill_turned_round(pair):
    ours, theirs = pair
    xor3 = load("xor3")
    _, nabla_w = ours.backprop(xor3.x.T, xor3.y.T)
    for step, gradient in zip(theirs.steps(xor3.x, xor3.y), nabla_w, strict=True):
        np.testing.assert_allclose(step, -2 * gradient.T, rtol=1e-12)


def test_trained_alike_they_stay_equal(pair):
    """Its 1500 steps are full batches at rate 8: twice the gradient, and a sum over four examples, not their mean."""
    ours, theirs = pair
    xor3 = load("xor3")
    ours.SGD(xor3, 1500, None, 8.0)
    for _ in range(1500):
        theirs.train(xor3.x, xor3.y)
    np.testing.assert_allclose(ours.predict(xor3.x), theirs.outputs(xor3.x), rtol=1e-9)  # 1500 steps of rounding
    assert ((ours.predict(xor3.x) > 0.5) == xor3.y).all()


def test_the_four_unseen_rows_go_through_predict(bpnet):
    assert bpnet("train", "-c", "xor3", "--out", "run", "-q")[0] == 0
    Path("unseen.csv").write_text("a,b,one\n0,0,0\n0,1,0\n1,0,0\n1,1,0\n")
    code, out, _ = bpnet("predict", "run", "unseen.csv")
    assert code == 0
    assert len(out.splitlines()) == 5


def test_an_unseen_row_is_luck():
    """Every one of 100 seeds learns the four rows; about half of them answer XOR for all four others too."""
    xor3, several = load("xor3"), Network([3, 4, 1], cost="mse", seed=range(100))
    several.SGD(xor3, 5000, None, 5.0)
    learned = (several.predict(xor3.x) > 0.5) == xor3.y
    unseen = (several.predict(xor3.x * [1, 1, 0]) > 0.5) == xor3.y
    assert learned.all()
    assert 50 <= unseen.all(axis=(1, 2)).sum() <= 64  # 57, and what rounding on another machine may change
