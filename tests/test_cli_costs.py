"""`bpnet costs`: formulas, numbers at given points, distributions, and the picture."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

import bpnet as library
from bpnet.activations import ACTIVATIONS
from bpnet.costs import COSTS
from bpnet.errors import UsageError
from bpnet.gradcheck import inspection
from bpnet.plots.costs import draw_costs

pytestmark = pytest.mark.usefixtures("elsewhere")

DIFFERENCES = {"float64": 1e-9, "float32": 1e-3}  # what a quotient of order h^4 keeps of the digits of a value near 1


def rows(*costs, dtype="float64", **keywords):
    return [point for point in library.inspect_costs(costs, **keywords).points if point.dtype == dtype]


def test_the_table_has_every_cost_once_for_each_output_with_its_source(bpnet):
    code, out, _ = bpnet("costs")
    assert code == 0
    for name, cost in COSTS.items():
        for form in (cost, *cost.forms):
            assert f"{name:<14} {' or '.join(form.outputs) or 'any'} output\n" in out
    assert "-y ln a - (1 - y) ln(1 - a) with a = sigma(z) (book, equation 63), in nats" in out
    assert "(Huber 1964)" in out
    assert "delta        a - y: the slope has cancelled" in out


def test_a_cost_added_to_the_table_is_listed_with_its_formulas(monkeypatch):
    from bpnet.costs import Cost, squared_error, squared_error_derivative

    monkeypatch.setitem(COSTS, "mine", Cost("mine", squared_error, squared_error_derivative))
    assert inspection.formulas()[-1].cost == "mine"


def test_a_saturated_wrong_neuron_has_a_delta_under_ce_and_next_to_none_under_mse():
    mse, ce = (rows(cost, z=[4], y=[0])[0] for cost in ("mse", "ce"))
    a = 1 / (1 + math.exp(-4))
    assert (ce.a, ce.delta) == (pytest.approx(a), pytest.approx(a))
    assert mse.delta == pytest.approx(a * a * (1 - a))
    assert ce.value == pytest.approx(4 + math.log1p(math.exp(-4)))
    assert ce.derivative == pytest.approx(1 / (1 - a))
    assert mse.slope == ce.slope == pytest.approx(a * (1 - a))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("output", list(ACTIVATIONS))
def test_every_delta_is_the_difference_of_its_values(output, dtype):
    costs = ["mse", "huber"] + (["ce"] if output in ("sigmoid", "softmax") else [])
    for point in rows(*costs, dtype=dtype, output=output, z=[-2, 0.5, 3], y=[0]):
        assert point.difference == pytest.approx(point.delta, abs=DIFFERENCES[dtype])


def test_every_z_meets_every_target_in_both_precisions():
    points = library.inspect_costs(["mse"], z=[-4, 0, 4], y=[0, 1]).points
    assert [(p.dtype, p.z, p.y) for p in points if p.cost == "mse"] == [
        (dtype, z, y) for dtype in ("float64", "float32") for y in (0, 1) for z in (-4, 0, 4)
    ]


@pytest.mark.parametrize(("dtype", "breaks"), [("float64", 40), ("float32", 20)])
def test_naive_and_clipped_forms_are_shown_where_they_break_and_nowhere_else(dtype, breaks):
    assert {p.cost for p in rows("ce", dtype=dtype, z=[-4, 0, 4])} == {"ce"}
    naive, clipped = rows("ce", dtype=dtype, z=[0, breaks])[2:]
    assert (naive.cost, naive.z, naive.value) == ("ce-naive", breaks, math.inf)
    assert math.isnan(naive.delta)
    assert (clipped.cost, clipped.delta) == ("ce-clipped", 0)
    (slope,) = (p for p in rows("mse", dtype=dtype, z=[breaks]) if p.cost == "mse-naive")
    assert slope.delta == 0 < rows("mse", dtype=dtype, z=[breaks])[0].delta


def test_a_softmax_takes_z_as_the_outputs_of_one_example():
    points = rows("ce", output="softmax", z=[2, 1, 0], y=[1])
    a = np.exp([2, 1, 0]) / np.exp([2, 1, 0]).sum()
    np.testing.assert_allclose([p.a for p in points], a)
    np.testing.assert_allclose([p.delta for p in points], a - [0, 1, 0])
    assert sum(p.value for p in points) == pytest.approx(-math.log(a[1]))
    shares = rows("ce", output="softmax", z=[2, 1, 0], y=[0.2, 0.3, 0.5])
    np.testing.assert_allclose([p.delta for p in shares], a - [0.2, 0.3, 0.5])


def test_a_softmax_that_would_overflow_is_shown_beside_the_naive_one():
    points = rows("ce", output="softmax", z=[1000, 0], y=[1])
    assert [p.delta for p in points[:2]] == [1, -1]
    assert sum(p.value for p in points[:2]) == 1000
    assert [p.cost for p in points[2:]] == ["ce-naive"] * 2
    assert math.isnan(points[2].a)


@pytest.mark.parametrize(("p", "q"), [([0.7, 0.2, 0.1], [0.5, 0.3, 0.2]), ([1, 0], [0.25, 0.75]), ([0.5, 0.5], [1, 0])])
def test_entropy_and_divergence_are_scipy_s(p, q):
    found = inspection.distributions(p, q)
    assert found.entropy == pytest.approx(entropy(p))
    assert found.divergence == pytest.approx(entropy(p, q))
    assert found.reverse == pytest.approx(entropy(q, p))
    assert found.cross_entropy == pytest.approx(found.entropy + found.divergence)


def test_the_divergence_is_printed_in_nats_and_bits(bpnet):
    code, out, _ = bpnet("costs", "kl", "--p", ".7,.2,.1", "--q", ".5,.3,.2")
    assert code == 0
    assert "divergence KL(p, q) = cross-entropy - entropy   0.085123 nats  0.122806 bits" in out
    assert bpnet("costs", "entropy", "--p", "1,0")[1].split()[3:5] == ["0.000000", "nats"]
    assert json.loads(bpnet("costs", "kl", "--p", ".5,.5", "--q", "1,0", "--json")[1])["divergence"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ce", "--output", "linear"], "needs a sigmoid or softmax output"),
        (["cee"], "unknown cost 'cee'; did you mean 'ce'"),
        (["ce", "--output", "sigmoidd"], "did you mean 'sigmoid'"),
        (["ce", "--y", "3"], "takes probabilities"),
        (["ce", "--z", "a"], "write numbers with commas between them"),
        (["ce", "--z", "nan"], "finite"),
        (["ce", "--z", "0,1e308"], "1e+308 is beyond the largest number of float32, 3.4e+38"),
        (["mse", "--y=-1e39"], "-1e+39 is beyond the largest number of float32"),
        (["mse", "--out", "."], ".: names a folder; name a picture in it, such as picture.png"),
        (["mse", "--out", ".."], "..: names a folder"),
        (["--z", "3"], "name the costs"),
        (["ce", "--output", "softmax", "--z", "1"], "a softmax of one output is always 1"),
        (
            ["ce", "--output", "softmax", "--z", "1,2", "--y", "2"],
            "class numbers for 2 outputs are whole, from 0 to 1; got 2",
        ),
        (["ce", "--output", "softmax", "--z", "1,2", "--y", "0,0,1"], "a target each; got 3"),
        (["ce", "--p", ".5,.5"], "they go with kl or entropy"),
        (["kl", "--p", ".5,.5"], "kl takes p and q"),
        (["entropy"], "entropy takes p"),
        (["kl", "mse", "--p", ".5,.5", "--q", "1,0"], "ask for it alone"),
        (["kl", "--z", "3", "--p", ".5,.5", "--q", "1,0"], "ask for it alone"),
        (["kl", "--p", ".5,.6", "--q", "1,0"], "add up to 1"),
        (["kl", "--p", "1.5,-.5", "--q", "1,0"], "0 or more"),
        (["kl", "--p", ".5,.5", "--q", "1"], "p has 2 outcomes and q 1"),
        (["ce", "--out", "picture.gif"], "take one of these endings"),
        (["ce", "--out", "nowhere/picture.png"], "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(bpnet, words, message):
    code, out, err = bpnet("costs", *words)
    assert code == 2
    assert out == ""
    assert message in err


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
def test_the_picture_is_drawn_from_the_numbers(bpnet, output):
    code, out, _ = bpnet("costs", "mse", "huber", "--output", output, "--z", "2,9,0", "--y", "1", "--out", "costs.png")
    assert code == 0
    assert out.endswith("picture     costs.png\n")
    assert Path("costs.png").stat().st_size > 5000
    (curve, _) = inspection.curves(["mse", "huber"], [2.0, 9, 0], [1.0], output)
    assert (curve.z[0], curve.z[-1]) == (-8, 9)
    slopes = np.gradient(curve.value, curve.z)
    np.testing.assert_allclose(curve.delta[5:-5], slopes[5:-5], atol=0.01)  # a grid of 401 points, its ends left out


def lines(ax):
    """The lines of a panel that are no axis, and the points marked on them: z by colour."""
    drawn = [line for line in ax.lines if len(line.get_xdata()) > 2 and line.get_ls() != "None"]
    points = [line for line in ax.lines if line.get_ls() == "None"]
    return drawn, [list(line.get_xdata()) for line in points]


def picture(costs, z, y, output):
    rows = [(c.cost, c.y, c.z, c.value, c.delta) for c in inspection.curves(costs, z, y, output)]
    return draw_costs(rows, z, output)


def test_costs_that_are_equal_are_both_seen():
    """mse and huber are one where no error exceeds 1: the line that lies above is narrower, and has other dashes."""
    drawn, _ = lines(picture(["mse", "huber"], [-4, 0, 4], [0], "sigmoid").axes[0])
    np.testing.assert_array_equal(drawn[0].get_ydata(), drawn[1].get_ydata())
    assert drawn[0].get_lw() > 2 * drawn[1].get_lw()
    assert drawn[0].get_ls() != drawn[1].get_ls()


def test_the_points_asked_for_are_marked():
    for ax in picture(["mse", "ce"], [-4, 0, 3], [0], "sigmoid").axes:
        assert lines(ax)[1] == [[-4, 0, 3]] * 2


def test_the_picture_of_a_softmax_marks_the_wanted_class_and_says_where_the_others_stay(monkeypatch):
    figures = []
    monkeypatch.setattr("bpnet.runs.costs.save_figure", lambda figure, out: figures.append(figure) or [out])
    library.inspect_costs(["mse", "ce"], z=[2, 1, -0.5], y=[1], output="softmax", out="c.png")
    (figure,) = figures
    assert lines(figure.axes[1])[1] == [[1]] * 2
    assert figure.get_suptitle() == "softmax output, the other outputs stay at z = 2, -0.5"


def test_both_files_are_written_where_no_ending_is_named():
    found = library.inspect_costs(["ce"], out="costs")
    assert [file.name for file in found.files] == ["costs.png", "costs.svg"]
    with pytest.raises(UsageError, match="one of these endings"):
        library.inspect_costs(["ce"], out="costs.pdf")
