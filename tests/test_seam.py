"""The seam between the loop and a network: anything that keeps the protocol `Trainable` trains, and is saved.

`Gated` is no `Network`: two weighted inputs in its one hidden layer, one of them without biases, so that it has three
arrays of weights and two of biases. h = tanh(w_value x + b) * sigma(w_gate x), a = sigma(w_out h + b_out), under the
squared error.
"""

import copy

import numpy as np
import pytest

from bpnet import gradcheck, model, training
from bpnet.activations import ACTIVATIONS
from bpnet.errors import UsageError
from bpnet.optimizers import OPTIMIZERS
from bpnet.runs.checkpoint import load_checkpoint, save_checkpoint
from bpnet.second_order import SecondOrder
from bpnet.seeds import generator

SIGMOID, TANH = ACTIVATIONS["sigmoid"], ACTIVATIONS["tanh"]


class Gated:
    replicas = None
    sizes = (2, 5, 1)

    def __init__(self, seed=0):
        rng, shapes = generator(seed, "weights"), {"value": (5, 2), "gate": (5, 2), "out": (1, 5)}
        weights = {f"weights_{name}": rng.standard_normal(shape) for name, shape in shapes.items()}
        self.parameters = weights | {"biases_value": np.zeros((5, 1)), "biases_out": np.zeros((1, 1))}
        self.dtype = np.dtype(np.float64)

    def with_parameters(self, parameters):
        twin = copy.copy(self)
        twin.parameters = dict(parameters)
        return twin

    def forward(self, x):
        p = self.parameters
        value, gate = p["weights_value"] @ x + p["biases_value"], p["weights_gate"] @ x
        hidden = np.tanh(value) * SIGMOID.value(gate)
        return value, gate, hidden, p["weights_out"] @ hidden + p["biases_out"]

    def outputs_and_costs(self, x, y, ahead=False):
        a = SIGMOID.value(self.forward(x)[-1])
        return a, 0.5 * np.square(a - y).sum(axis=-2)

    def deltas(self, x, y):
        value, gate, _, z = self.forward(x)
        delta = (SIGMOID.value(z) - y) * SIGMOID.slope(z)
        back = self.parameters["weights_out"].mT @ delta
        return back * SIGMOID.value(gate) * TANH.slope(value), back * np.tanh(value) * SIGMOID.slope(gate), delta

    def gradient(self, x, y, out=None, scale=1.0, masks=None):
        value, gate, delta = self.deltas(x, y)
        products = {"weights_value": value @ x.mT, "weights_gate": gate @ x.mT}
        products |= {"weights_out": delta @ self.forward(x)[2].mT, "biases_value": value.sum(-1, keepdims=True)}
        products |= {"biases_out": delta.sum(-1, keepdims=True)}
        return {name: scale * products[name] for name in self.parameters}

    def probe(self, x, y):
        (value, gate, _, z), m = self.forward(x), x.shape[-1]
        means = [delta.mean(axis=-1, keepdims=True) for delta in self.deltas(x, y)]
        parts = {name: p for name, p in self.parameters.items() if name.startswith("weights")}
        slopes = {name: g / m for name, g in self.gradient(x, y).items()}
        hidden = [name for name in parts if name != "weights_out"]
        return {
            "hidden": training.Probe(
                [(TANH, value), (SIGMOID, gate)],
                np.concatenate(means[:2]),
                {name: parts[name] for name in hidden},
                {name: slopes[name] for name in hidden},
            ),
            "output": training.Probe(
                [(SIGMOID, z)],
                means[2],
                {"weights_out": parts["weights_out"]},
                {"weights_out": slopes["weights_out"]},
                y,
            ),
        }

    def predict(self, x):
        return self.outputs_and_costs(np.asarray(x).T, 0)[0].T


@pytest.mark.parametrize("name", [name for name, rule in OPTIMIZERS.items() if not issubclass(rule, SecondOrder)])
def test_every_optimiser_trains_another_kind_of_network(xor, name):
    network = Gated()
    settings = training.Settings(300, None, 0.05 if name in ("adam", "adamw", "rmsprop") else 2.0, OPTIMIZERS[name]())
    *_, state = training.epochs(network, xor, settings)
    assert state.history["train_cost"][-1] < 0.5 * state.history["train_cost"][0]


@pytest.mark.parametrize("name", ["newton", "gauss-newton"])
def test_a_rule_of_curvature_refuses_another_kind_of_network_in_a_sentence(name):
    with pytest.raises(UsageError, match="needs a network with a `curvature`, which Gated has not"):
        training.start(Gated(), training.Settings(1, None, 1.0, OPTIMIZERS[name]()))


def test_penalties_are_for_its_weights_alone(xor):
    network, before = Gated(), Gated().parameters
    settings = training.Settings(1, None, 0.1, l2=1.0, measure=False)
    gradient = network.gradient(xor.x.T, xor.y.T, scale=1 / 4)
    list(training.epochs(network, xor, settings))
    for name, p in network.parameters.items():
        decay = before[name] / 4 if name.startswith("weights") else 0
        np.testing.assert_allclose(p, before[name] - 0.1 * (gradient[name] + decay), rtol=1e-12)


def test_monitors_see_every_weighted_input_of_its_layers(xor):
    network = Gated()
    (state,) = training.epochs(network, xor, training.Settings(1, None, 0.5, monitor=tuple(training.MONITORS)))
    row, probes = state.history.last(), network.probe(xor.x.T, xor.y.T)
    value, gate, _, z = network.forward(xor.x.T)
    saturated = np.concatenate([TANH.saturated(value), SIGMOID.saturated(gate)])
    assert row["saturation_hidden"] == pytest.approx(saturated.mean())
    assert row["slope_hidden"] == pytest.approx(np.concatenate([TANH.slope(value), SIGMOID.slope(gate)]).mean())
    assert row["delta_norm_hidden"] == pytest.approx(np.linalg.norm(probes["hidden"].delta))
    both = np.concatenate([g.ravel() for g in probes["hidden"].gradients.values()])
    assert row["gradient_norm_hidden"] == pytest.approx(np.linalg.norm(both))
    assert 0 < row["update_ratio_hidden"] < 1
    assert row["wrong_saturation"] == pytest.approx(
        (SIGMOID.saturated(z) & (abs(SIGMOID.value(z) - xor.y.T) > 0.5)).mean()
    )
    assert "wrong_saturation_hidden" not in row


def test_the_gradient_check_passes_it_and_finds_its_slip(xor):
    assert gradcheck.check(Gated(), xor.x.T, xor.y.T).passed
    wrong = Gated()
    wrong.gradient = lambda x, y: {
        **Gated().gradient(x, y),
        "weights_gate": Gated().gradient(x, y)["weights_gate"] * 1.01,
    }
    wrong.with_parameters = lambda parameters: _wrong(wrong, parameters)
    result = gradcheck.check(wrong, xor.x.T, xor.y.T)
    assert "weights_gate" in result.complaint()


def _wrong(network, parameters):
    twin = copy.copy(network)
    twin.parameters = dict(parameters)
    return twin


def test_a_model_file_holds_it_and_a_checkpoint_resumes_it_to_the_same_bits(xor, tmp_path, monkeypatch):
    kind = (Gated, lambda network: {"dtype": "float64"}, lambda metadata, tensors: Gated())
    monkeypatch.setitem(model.NETWORKS, "gated", kind)
    settings = training.Settings(8, 2, 0.3, OPTIMIZERS["adam"]())
    whole, first, second = Gated(1), Gated(1), Gated(2)
    list(training.epochs(whole, xor, settings))
    for state in training.epochs(first, xor, settings):
        if len(state.history) == 3:
            break
    save_checkpoint(tmp_path / "c", first, state)
    resumed = training.start(second, settings)
    load_checkpoint(tmp_path / "c", second, resumed)
    list(training.epochs(second, xor, settings, state=resumed))
    model.save_model(tmp_path / "whole", model.Model(whole, classes=("0", "1")))
    model.save_model(tmp_path / "resumed", model.Model(second, classes=("0", "1")))
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()
    loaded = model.load_model(tmp_path / "whole")
    assert isinstance(loaded.network, Gated)
    np.testing.assert_array_equal(loaded.predict(xor.x), whole.predict(xor.x))
