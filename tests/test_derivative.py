"""A cost_derivative of one's own: what it is, and whether it is the one; and backprop against a framework."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import bpnet as library
from bpnet.activations import ACTIVATIONS
from bpnet.costs import COSTS, Cost
from bpnet.errors import UsageError
from bpnet.gradcheck import against_torch, check, identify, load_derivative, with_derivative
from bpnet.gradcheck.exact import exact_gradient
from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork

SIGMOID, LINEAR = ACTIVATIONS["sigmoid"], ACTIVATIONS["linear"]
CE = COSTS["ce"]

pytestmark = pytest.mark.usefixtures("elsewhere")


def written(body):
    Path("mine.py").write_text(f"import numpy as np\n\ndef cost_derivative(a, y):\n    return {body}\n")
    return "mine.py"


def test_the_circulating_recipe_is_the_squared_error_s_divided_by_the_outputs(bpnet):
    """Word for word what its user reads."""
    code, _, err = bpnet("gradcheck", "--cost-derivative", written("(a - y) / len(y)"))
    assert code == 4
    assert err.partition("; ")[2] == (
        "cost_derivative is (a - y) divided by the number of outputs, len(y), where a - y is dC/da of mse, and the "
        "delta dC/dz of ce on a sigmoid output; dC/da of ce on a sigmoid output is (a - y) / (a (1 - a))\n"
    )


def test_the_delta_is_told_from_the_derivative(bpnet):
    code, _, err = bpnet("gradcheck", "--cost-derivative", written("a - y"))
    assert code == 4
    assert "cost_derivative is a - y: dC/da of mse, and the delta dC/dz of ce on a sigmoid output" in err
    assert "a delta has the slope in it" in err


def test_the_same_file_is_right_for_another_cost(bpnet):
    code, out, _ = bpnet("gradcheck", "--cost-derivative", written("a - y"), "--set", "train.cost=mse")
    assert code == 0
    assert "cost_derivative is a - y: dC/da of mse\n" in out.replace(
        ", and the delta dC/dz of ce on a sigmoid output", ""
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("(a - y) / (a * (1 - a) + 1e-9)", "cost_derivative is (a - y) / (a (1 - a)): dC/da of ce on a sigmoid output"),
        ("-(y / a - (1 - y) / (1 - a))", "cost_derivative is (a - y) / (a (1 - a)): dC/da of ce on a sigmoid output"),
        ("2 * (y - a) / y.size", "cost_derivative is -2 times (a - y) divided by the number of outputs times that of"),
        ("2 * (a - y)", "cost_derivative is 2 times (a - y), where a - y is dC/da of mse"),
        ("(a - y) / y.shape[1]", "cost_derivative is (a - y) divided by the number of examples, where"),
        ("(a - y) * a * (1 - a)", "cost_derivative is (a - y) times the slope: the delta dC/dz of mse"),
        ("-y / a", "cost_derivative is -y / a: dC/da of ce on a softmax output"),
        ("np.sign(a - y)", "cost_derivative is the sign of a - y: dC/da of mae"),
        ("a**2 - y", "cost_derivative is none of the formulas known here"),
    ],
)
def test_a_derivative_is_named(body, sentence):
    found = identify(load_derivative(written(body)), CE, SIGMOID)
    assert found.lower().startswith(sentence.lower())
    assert found.endswith(("on a sigmoid output", "is (a - y) / (a (1 - a))"))


def test_a_huber_s_derivative_is_told_from_a_squared_error_s_beyond_1():
    for body, name in (("np.clip(a - y, -1, 1)", "huber"), ("a - y", "mse")):
        assert f"dC/da of {name}" in identify(load_derivative(written(body)), COSTS[name], LINEAR)


def test_every_cost_s_own_derivative_is_the_right_one():
    for name, cost in COSTS.items():
        for form in (cost, *cost.forms):
            output = ACTIVATIONS[(form.outputs or ("sigmoid",))[0]]
            assert identify(form.derivative, form, output).endswith(
                (f"of {name}", f"of {name} on a {output.name} output")
            )


def test_a_cost_of_one_s_own_is_the_right_one_too():
    quartic = Cost("quartic", lambda z, a, y: (a - y) ** 4 / 4, lambda a, y: (a - y) ** 3)
    assert identify(lambda a, y: (a - y) ** 3, quartic, SIGMOID).endswith(": dC/da of quartic")


def test_the_network_of_a_config_is_checked_with_the_file_s_derivative(bpnet):
    """The right formula for a softmax passes there, and that for sigmoid outputs does not."""
    assert bpnet("gradcheck", "-c", "iris", "--cost-derivative", written("-y / a"))[0] == 0
    code, _, err = bpnet("gradcheck", "-c", "iris", "--cost-derivative", written("(a - y) / (a * (1 - a))"))
    assert code == 4
    assert "dC/da of ce on a softmax output is -y / a" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def cost_derivative(a, y): return (a - y).mean()", "gives shape () for outputs of shape (3, 5)"),
        ("def cost_derivative(a): return a", "cost_derivative fails with TypeError"),
        ("def derivative(a, y): return a - y", "has no function cost_derivative"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("import sys; sys.exit(3)", "mine.py: SystemExit: 3"),
        ("def cost_derivative(a, y): raise SystemExit(3)", "cost_derivative fails with SystemExit: 3"),
        ("def cost_derivative(a, y): return (a - y) * 1j", "cost_derivative gives complex128; give real numbers"),
        ("def cost_derivative(a, y): return a * float('nan')", "cost_derivative gives nan for output 0."),
        (None, "no such Python file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(bpnet, text, message):
    if text is not None:
        Path("mine.py").write_text(text)
    code, _, err = bpnet("gradcheck", "--cost-derivative", "mine.py")
    assert code == 2
    assert message in err


def test_an_output_at_which_the_function_of_a_file_is_infinite_is_named(bpnet):
    """At z = 1000 an output is 1, where a (1 - a) is 0; no warning of numpy's comes before the sentence."""
    file = written("(a - y) / (a * (1 - a))")
    code, out, err = bpnet("gradcheck", "-c", "xor", "--cost-derivative", file, "--set", "network.output_bias=1000")
    assert (code, out) == (2, "")
    assert err == (
        "Error: mine.py: cost_derivative gives inf for output 1.0 and target 0.0; give a finite number there\n"
    )


def test_a_function_that_writes_over_its_arguments_is_named_all_the_same(bpnet):
    Path("mine.py").write_text("def cost_derivative(a, y):\n    a -= y\n    return a\n")
    code, out, _ = bpnet("gradcheck", "--cost-derivative", "mine.py", "--set", "train.cost=mse")
    assert code == 0
    assert "cost_derivative is a - y: dC/da of mse\n" in out


def test_a_derivative_of_python_s_may_write_over_its_arguments_too():
    assert identify(lambda a, y: np.subtract(a, y, out=a), COSTS["mse"], SIGMOID).endswith("a - y: dC/da of mse")


def test_what_a_file_prints_stays_out_of_the_answer(bpnet):
    Path("mine.py").write_text("print('file')\ndef cost_derivative(a, y):\n    print('call')\n    return a - y\n")
    _, out, err = bpnet("gradcheck", "--cost-derivative", "mine.py", "--set", "train.cost=mse", "--json")
    assert json.loads(out)["passed"]
    assert err.startswith("file\ncall\n")


def test_the_network_itself_keeps_its_derivative():
    network = Network([4, 5, 3])
    x, y = np.random.default_rng(0).random((4, 6)), np.eye(3)[:, [0, 1, 2, 0, 1, 2]]
    assert not check(with_derivative(network, lambda a, y: (a - y) / len(y)), x, y).passed
    assert check(network, x, y).passed


@pytest.mark.parametrize("cost", ["mse", "ce", "mae", "huber"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh", "relu", "linear"])
def test_the_gradient_to_many_digits_is_backprop_s(cost, output):
    if cost == "ce" and output not in ("sigmoid", "softmax"):
        pytest.skip("no such pair")
    network = Network([3, 4, 2], cost=cost, output=output, activation="tanh", seed=2, dtype="float64")
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 5)), np.eye(2)[:, rng.integers(0, 2, 5)]
    gradient = network.gradient(x, y)
    for name, where in (("weights_1", (1, 2)), ("biases_1", (3, 0)), ("weights_2", (1, 1)), ("biases_2", (0, 0))):
        exact = exact_gradient(network, x, y, name, where)
        assert float(exact) == pytest.approx(gradient[name][where], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("initial_state", ["zero", "learned"])
def test_so_it_is_for_a_recurrent_network_of_two_layers(initial_state):
    options = {"activation": "tanh", "output": "softmax", "seed": 2, "dtype": "float64"}
    network = RecurrentNetwork([6, 3, 2, 2], steps=3, initial_state=initial_state, **options)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((6, 4)), np.eye(2)[:, rng.integers(0, 2, 4)]
    for name, g in network.gradient(x, y).items():
        where = tuple(n - 1 for n in g.shape)
        assert float(exact_gradient(network, x, y, name, where)) == pytest.approx(g[where], rel=1e-12, abs=1e-15)


def test_the_gradient_of_a_saturated_neuron_is_known_to_forty_digits():
    """(a - y) sigma'(z) at z = 14, and at z = 300, from exp(-z) alone."""
    for z in (14, 300):
        network = Network([1, 1], cost="mse", init="constant", output_bias=z, dtype="float64")
        network.weights[0][:] = 0
        exact = exact_gradient(network, np.ones((1, 1)), np.zeros((1, 1)), "biases_1", (0, 0))
        tail = Decimal(-z).exp()
        assert abs(exact * (1 + tail) ** 3 / tail - 1) < Decimal("1e-25")  # 28 digits are this test's own


def test_torch_agrees_and_where_its_slope_lost_digits_bpnet_is_right():
    pytest.importorskip("torch")
    network = Network([3, 4, 2], seed=1)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 5)), np.eye(2)[:, rng.integers(0, 2, 5)]
    result = against_torch(network, x, y)
    assert result.agree
    assert result.passed
    neuron = Network([1, 1], cost="mse", init="constant", output_bias=14, dtype="float64")
    neuron.weights[0][:] = 0
    result = against_torch(neuron, np.ones((1, 1)), np.zeros((1, 1)))
    assert result.passed
    assert not result.agree
    assert result.our_error < 1e-15 < 1e-11 < result.their_error < 1e-9
    assert "bpnet is right" in result.verdict()
    wrong = against_torch(with_derivative(network, lambda a, y: (a - y) / len(y)), x, y)
    assert not wrong.passed
    assert "is nearer to the exact gradient" in wrong.complaint()


@pytest.mark.parametrize("cost", ["mse", "ce", "mae", "huber"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh", "linear"])
def test_torch_has_the_same_costs(cost, output):
    pytest.importorskip("torch")
    if cost == "ce" and output not in ("sigmoid", "softmax"):
        pytest.skip("no such pair")
    network = Network([3, 4, 2], cost=cost, output=output, activation="tanh", seed=1)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((3, 5)), np.eye(2)[:, rng.integers(0, 2, 5)]
    assert against_torch(network, x, y).passed


def test_torch_agrees_on_a_recurrent_network(bpnet):
    pytest.importorskip("torch")
    for sets in ((), ("--set", "network.hidden=[8, 6]", "--set", "network.initial_state=learned")):
        code, out, _ = bpnet("gradcheck", "-c", "digits-rows", "--against", "torch", *sets)
        assert code == 0
        assert "passed: every parameter agrees" in out


def test_a_cost_that_torch_has_not_and_a_framework_that_is_none_are_refused():
    with pytest.raises(UsageError, match="no cost like 'ce-naive'; these are compared: ce, mse, mae, huber"):
        library.check_gradient("xor", sets=["train.cost=ce-naive"], against="torch")
    with pytest.raises(UsageError, match="unknown framework 'torhc'; did you mean 'torch'"):
        library.check_gradient("xor", against="torhc")


def test_torch_and_bpnet_agreeing_on_zeros_is_no_pass(bpnet):
    """At z = 1000 the slope is 0 in both, and not in truth."""
    pytest.importorskip("torch")
    sets = ["--set", "network.output_bias=1000", "--set", "train.cost=mse"]
    code, out, err = bpnet("gradcheck", "-c", "xor", "--against", "torch", *sets)
    assert code == 4
    assert "every gradient is 0, so nothing was checked" in err
    assert "worst: " not in out


@pytest.mark.parametrize(("body", "code"), [("a - y", 0), ("(a - y) / len(y)", 4)])
def test_a_derivative_of_one_s_own_is_called_so_beside_torch_and_named(bpnet, body, code):
    pytest.importorskip("torch")
    arguments = ["--cost-derivative", written(body), "--against", "torch", "--set", "train.cost=mse"]
    ended, out, err = bpnet("gradcheck", *arguments)
    assert ended == code
    assert "\n  cost_derivative  " in out
    assert "bpnet" not in out + err
    assert "cost_derivative is " in (err if code else out)


def test_the_command_compares_with_torch(bpnet):
    pytest.importorskip("torch")
    code, out, _ = bpnet("gradcheck", "-c", "xor", "--against", "torch")
    assert code == 0
    assert "passed: every parameter agrees to 1e-12" in out
    report = json.loads(bpnet("gradcheck", "-c", "xor", "--against", "torch", "--json")[1])
    assert report["passed"]
    assert report["framework"].startswith("torch ")
