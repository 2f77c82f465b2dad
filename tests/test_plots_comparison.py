"""The pictures of a comparison: what they show of real lanes, and what they say of runs that never arrived."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from bpnet.comparison import neuron
from bpnet.comparison.race import Entry, Rules, race
from bpnet.comparison.statistics import Speedup, speedup
from bpnet.comparison.targets import target
from bpnet.data import Dataset
from bpnet.errors import UsageError
from bpnet.network import Network
from bpnet.plots import render
from bpnet.plots.comparison import Contest, compare_figure, cost_curves, delta_curves, error_curves, saturation_curves
from bpnet.plots.contest import faster, look, quartiles
from bpnet.plots.style import colour
from bpnet.plots.surface import Panel, arrival_map, map_figure, speedup_map, surface_figure, surface_panel
from bpnet.plots.varied import arrival_panel, speedup_panel, vary_figure
from bpnet.training import Settings

XOR = Dataset(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]]), classes=("0", "1"))
COSTS = ("mse", "ce")


def contest(lanes, conditions, vary=None, metric="error<0.1", **more):
    """Condition k has the lanes k * costs and so on; the second cost is compared with the first."""
    k = len(lanes) // len(conditions)
    pairs = [(lanes[i + 1], lanes[i]) for i in range(0, len(lanes), k)] if k > 1 else []
    ratios = [speedup(a.cost, b.cost, a.arrived[metric], b.arrived[metric], b.limit) for a, b in pairs]
    theory = more.pop("theory", [None] * len(lanes))
    policy = "rate 3 for both (same), 4 seeds"
    return Contest("xor", lanes, conditions, vary or {}, metric, policy, ratios or [None], theory, **more)


def xor(starts, costs=COSTS, seeds=4, epochs=250, metric="error<0.1"):
    entries = [
        Entry(
            {}, cost, 3.0, Network([2, 4, 1], cost=cost, seed=range(seeds), dtype="float64", **start), settings, *data
        )
        for start in starts
        for cost in costs
        for settings, data in [(Settings(epochs, None, 3.0), (XOR, None, "together"))]
    ]
    return race(entries, Rules((target(metric),)))


@pytest.fixture(scope="module")
def book():
    entries = [
        Entry({}, cost, 0.15, neuron.neuron(cost, w, b), Settings(300, None, 0.15), neuron.example(), None, "n")
        for w, b in neuron.STARTS.values()
        for cost in COSTS
    ]
    lanes = race(entries, Rules((target("error<0.5"),), shown=300))
    theory = [neuron.predicted_curve(cost, w + b, 300) for w, b in neuron.STARTS.values() for cost in COSTS]
    return contest(lanes, list(neuron.STARTS), metric="error<0.5", theory=theory)


@pytest.fixture(scope="module")
def scales():
    """Three scales of first weights; at the largest most seeds of mse never arrive."""
    lanes = xor([{"init": "large", "init_scale": scale} for scale in (1.0, 4.0, 16.0)])
    return contest(lanes, ["1", "4", "16"], {"network.init_scale": [1, 4, 16]})


@pytest.fixture(scope="module")
def plane():
    lanes = xor([{"init_scale": scale, "output_bias": bias} for scale in (4.0, 16.0) for bias in (0.0, 4.0, 12.0)])
    keys = {"network.init_scale": [4, 16], "network.output_bias": [0.0, 4.0, 12.0]}
    return contest(lanes, [f"{scale}, {bias}" for scale in (4, 16) for bias in (0, 4, 12)], keys)


@pytest.fixture(scope="module")
def lost():
    """An output pushed to 1 so far that the naive cross-entropy divides by zero in its first step."""
    return contest(
        xor([{"output_bias": 60.0}], ("mse", "ce", "ce-naive", "ce-clipped", "mse-flatspot"), epochs=60), [""]
    )


def axes():
    return Figure().subplots()


def of_colour(ax, k, width=2.0):
    """The bold lines drawn in the k-th cost's colour."""
    return [line for line in ax.lines if line.get_color() == colour(k) and line.get_linewidth() > width]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def told(figure):
    return " ".join(text.get_text() for text in figure.texts)


def test_quartiles_put_what_is_not_finite_last_rather_than_leaving_it_out():
    low, middle, high = quartiles(np.array([3.0, np.nan, 1.0, 2.0, np.inf]))
    assert (low, middle, high) == (2, 3, np.inf)


def test_quartiles_agree_with_numpy_where_all_is_finite():
    values = np.random.default_rng(0).standard_normal((7, 5))
    np.testing.assert_allclose(quartiles(values), np.quantile(values, [0.25, 0.5, 0.75], axis=-1))


def test_compare_has_a_column_a_condition_and_four_measures_beneath_each_other(book):
    figure = compare_figure(book)
    assert len(figure.axes) == 8
    assert [ax.get_title("left") for ax in figure.axes[:2]] == list(neuron.STARTS)
    assert [ax.get_ylabel().split()[0] for ax in figure.axes[::2]] == ["cost", "error", "saturated", "output"]


def test_the_target_the_policy_and_the_name_stand_above(book):
    head = told(compare_figure(book))
    assert "xor" in head
    assert "error < 0.5" in head
    assert "rate 3 for both (same), 4 seeds" in head


def test_of_more_than_four_conditions_the_first_and_last_are_shown_and_the_choice_is_told(plane):
    figure = compare_figure(plane)
    shown = [ax.get_title("left") for ax in figure.axes[:4]]
    assert shown[0] == plane.conditions[0]
    assert shown[-1] == plane.conditions[-1]
    assert len(figure.axes) == 16
    assert "4 of 6 conditions shown" in told(figure)


def test_the_error_drawn_is_the_median_of_the_seeds(scales):
    ax = error_curves(axes(), scales, 0)
    expected = np.median(scales.lanes[0].curves["train_error"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), expected)


def test_three_seeds_or_more_have_a_band_and_one_has_none(scales, book):
    assert len(cost_curves(axes(), scales, 0).collections) == 2
    assert not cost_curves(axes(), book, 0).collections


def test_each_cost_has_a_colour_and_dashes_of_its_own(lost):
    bold = [line for line in cost_curves(axes(), lost, 0).lines if line.get_linewidth() > 2]
    assert len({line.get_color() for line in bold}) == len(bold) == 5
    assert len({str(look(k)["ls"]) for k in range(5)}) == 5


def test_the_arrivals_of_the_neuron_are_marked_at_the_target_with_their_epochs(book):
    ax = error_curves(axes(), book, 1)
    marks = {line.get_marker(): line.get_xydata()[0] for line in ax.lines if line.get_marker() in "o^"}
    np.testing.assert_array_equal([marks["o"], marks["^"]], [[232, 0.5], [17, 0.5]])
    assert texts(ax) == ["232", "17"]


def test_the_closed_form_lies_on_the_measured_curve(book):
    """To 0.02, by which steps differ from the flow that the form describes."""
    ax = error_curves(axes(), book, 1)
    dots = [line.get_xydata() for line in ax.lines if line.get_marker() == "."]
    for points, lane in zip(dots, book.under(1), strict=True):
        measured = np.interp(points[:, 0], lane.epochs, lane.curves["train_error"][:, 0])
        np.testing.assert_allclose(points[:, 1], measured, atol=0.02)
    assert "closed form" in legend(compare_figure(book))


def test_the_speed_up_is_told_above_the_error(book):
    assert error_curves(axes(), book, 1).get_title("left") == "ce 13.6 times faster to error < 0.5"


def test_an_arrival_beyond_the_epochs_shown_is_told_at_the_end(book):
    short = [
        replace(lane, epochs=lane.epochs[:100], curves={n: c[:100] for n, c in lane.curves.items()})
        for lane in book.lanes
    ]
    assert "mse 232 →" in texts(error_curves(axes(), replace(book, lanes=short), 1))


def test_a_cost_that_most_seeds_never_brought_there_is_told_so(scales):
    hardest = replace(scales, lanes=scales.lanes[4:], conditions=["16"])
    assert any("mse not reached" in text for text in texts(error_curves(axes(), hardest, 0)))


def test_epochs_are_logarithmic_where_arrivals_lie_far_apart(book):
    slow = replace(book.lanes[2], limit=9999, arrived={"error<0.5": np.array([2000.0])})
    far = replace(book, lanes=[*book.lanes[:2], slow, book.lanes[3]])
    assert compare_figure(far).axes[-1].get_xscale() == "symlog"
    assert compare_figure(book).axes[-1].get_xscale() == "linear"


def test_an_accuracy_target_shows_accuracy_in_percent():
    lanes = xor([{}], metric="accuracy>0.95", epochs=30)
    ax = error_curves(axes(), contest(lanes, [""], metric="accuracy>0.95"), 0)
    assert ax.get_ylabel() == "accuracy (%)"
    assert any(np.array_equal(line.get_ydata(), [95, 95]) for line in ax.lines)


def test_validation_is_what_is_drawn_where_there_is_a_validation_part():
    entries = [
        Entry(
            {}, cost, 3.0, Network([2, 2, 1], cost=cost, seed=[0]), Settings(5, None, 3.0), XOR, XOR.take(slice(1, 3))
        )
        for cost in COSTS
    ]
    lanes = race(entries, Rules((target("error<0.1"),)))
    ax = error_curves(axes(), contest(lanes, [""]), 0)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), lanes[0].curves["validation_error"][:, 0])


def test_saturation_is_that_of_the_output_layer_in_percent_bold_on_the_wrong_side(scales):
    ax = saturation_curves(axes(), scales, 2)
    lane = scales.under(2)[0]
    thin = next(line for line in ax.lines if line.get_linewidth() < 1)
    np.testing.assert_allclose(thin.get_ydata(), 100 * np.median(lane.curves["saturation_2"], axis=1))
    wrong = 100 * np.median(lane.curves["wrong_saturation"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), wrong)


def test_the_delta_norm_is_that_of_the_output_layer_on_a_log_axis(scales):
    ax = delta_curves(axes(), scales, 0)
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(
        of_colour(ax, 0)[0].get_ydata(), np.median(scales.lanes[0].curves["delta_norm_2"], axis=1)
    )


def test_a_delta_of_zero_lies_on_the_floor_rather_than_vanishing(lost):
    ax = delta_curves(axes(), lost, 0)
    frozen = of_colour(ax, 3)[0].get_ydata()
    assert not lost.lanes[3].curves["delta_norm_2"].any()
    np.testing.assert_allclose(frozen, ax.get_ylim()[0])


def test_a_cost_that_diverged_ends_in_a_cross_and_the_legend_says_so(lost):
    crosses = [line for line in error_curves(axes(), lost, 0).lines if line.get_marker() == "x"]
    assert [line.get_color() for line in crosses] == [colour(2)]
    assert "ce-naive (diverged)" in legend(compare_figure(lost))


def test_seeds_that_diverged_are_counted_when_some_did_not(lost):
    final = lost.lanes[2].final | {"error": np.array([np.nan, 0.1, 0.1, 0.1])}
    some = replace(lost, lanes=[*lost.lanes[:2], replace(lost.lanes[2], final=final), *lost.lanes[3:]])
    assert "ce-naive (1 of 4 diverged)" in legend(compare_figure(some))


@pytest.mark.parametrize(
    ("median", "bound", "words"),
    [
        (13.64, "", "ce 13.6 times faster"),
        (0.5, "", "mse 2 times faster"),
        (3.0, "at least", "ce at least 3 times faster"),
        (0.25, "at most", "mse at least 4 times faster"),
        (1.0, "", "ce and mse equally fast"),
        (None, "none", ""),
    ],
)
def test_a_speed_up_in_words_names_the_quicker_cost(median, bound, words):
    assert faster(Speedup("ce", "mse", median, None, None, None, bound, 4)) == words


def test_epochs_to_the_target_are_drawn_against_the_varied_key_on_log_axes(scales):
    ax = arrival_panel(axes(), scales)
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "network.init_scale")
    expected = np.median(scales.lanes[1].arrived["error<0.1"])
    line = next(line for line in of_colour(ax, 1) if len(line.get_xdata()) == 3)
    assert line.get_xydata()[0].tolist() == [1, expected]


def test_most_seeds_never_arriving_is_an_open_marker_at_the_limit_with_how_many_did(scales):
    ax = arrival_panel(axes(), scales)
    reached = int(np.isfinite(scales.lanes[4].arrived["error<0.1"]).sum())
    assert reached < 2
    point = next(line for line in ax.lines if line.get_marker() == "o" and line.get_xdata()[0] == 16)
    assert point.get_markerfacecolor() == "white"
    assert point.get_ydata()[0] == scales.lanes[4].limit
    assert f"{reached} of 4" in texts(ax)


def test_the_speed_up_of_each_value_is_numbered_and_a_bound_is_an_open_marker():
    ratios = [
        Speedup("ce", "mse", 4.0, 3.0, 5.0, 0.1, "", 4),
        Speedup("ce", "mse", 9.0, 2.0, None, 0.1, "at least", 4),
        Speedup("ce", "mse", None, None, None, None, "none", 4),
    ]
    lanes = xor([{}] * 3, epochs=2)
    ax = speedup_panel(axes(), replace(contest(lanes, ["a", "b", "c"], {"key": ["a", "b", "c"]}), speedups=ratios))
    assert {"4×", "≥9×", "not known", "equally fast"} <= set(texts(ax))
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [point.get_markerfacecolor() for point in points] == ["black", "white"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert ax.get_xscale() == "linear"


def test_predicted_epochs_are_a_black_line_named_closed_form(scales):
    predicted = {"ce": [10.0, 20.0, 40.0]}
    figure = vary_figure(replace(scales, predicted=predicted))
    black = [line.get_ydata().tolist() for line in figure.axes[0].lines if line.get_color() == "black"]
    assert black == [predicted["ce"]]
    assert "closed form" in legend(figure)


def test_one_varied_key_is_needed_for_a_line_and_two_for_a_map(scales, plane):
    with pytest.raises(UsageError, match="2 keys are varied"):
        vary_figure(plane)
    with pytest.raises(UsageError, match="1 keys are varied"):
        map_figure(scales)


def test_a_map_has_the_first_key_upwards_and_the_second_to_the_right(plane):
    ax = arrival_map(axes(), plane, "ce")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("network.init_scale", "network.output_bias")
    cells = ax.images[0].get_array()
    assert cells.shape == (2, 3)
    assert cells[0, 2] == np.median(plane.lanes[5].arrived["error<0.1"])


def test_a_cell_where_most_never_arrived_is_empty_and_says_how_many_did(plane):
    ax = arrival_map(axes(), plane, "mse")
    for k, (reached, _) in enumerate(plane.reached("mse")):
        if reached < 2:
            assert np.ma.getmaskarray(ax.images[0].get_array()).ravel()[k]
            assert texts(ax)[k] == (f"{reached}/4" if reached else "never")
    assert any(reached < 2 for reached, _ in plane.reached("mse"))


def test_both_costs_share_the_colours_of_the_map_and_the_ratio_parts_at_one(plane):
    maps = [arrival_map(axes(), plane, cost).images[0] for cost in COSTS]
    assert maps[0].get_clim() == maps[1].get_clim()
    low, high = speedup_map(axes(), plane).images[0].get_clim()
    assert low * high == pytest.approx(1)


def panel(cost="mse", **changes):
    first, second = np.linspace(-3, 3, 31), np.linspace(-2, 2, 21)
    a = 1 / (1 + np.exp(-first - second[:, np.newaxis]))
    path = np.linspace([2, 1.5], [-1, -1], 50)
    return replace(Panel(cost, first, second, a**2 / 2, path), **changes)


def test_a_surface_shows_the_way_from_a_circle_to_a_square():
    ax = surface_panel(axes(), panel())
    ends = {line.get_marker(): line.get_xydata().tolist() for line in ax.lines if len(line.get_xdata()) == 1}
    assert ends == {"o": [[2, 1.5]], "s": [[-1, -1]]}


def test_the_dots_on_the_way_are_tenths_of_the_epochs_not_of_the_rows():
    path = np.column_stack([np.arange(5.0), np.zeros(5)]) - 2
    ax = surface_panel(axes(), panel(path=path, epochs=np.array([0, 1, 2, 3, 10])))
    dots = next(line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 9)
    np.testing.assert_allclose(dots.get_xdata()[:3], [-1, 0, 1])


def test_surfaces_side_by_side_have_one_extent_and_a_cross_entropy_is_in_nats():
    figure = surface_figure("neuron", ("w", "b"), [panel(), panel("ce", values=panel().values * 9)])
    left, right = figure.axes[:2]
    assert left.get_xlim() == right.get_xlim() == (-3, 3)
    assert (left.get_xlabel(), left.get_ylabel()) == ("w", "b")
    assert [ax.get_ylabel() for ax in figure.axes[2:]] == ["cost", "cost (nats)"]


@pytest.mark.parametrize("values", [np.full((21, 31), 0.5), np.where(np.arange(31) > 25, np.inf, np.ones((21, 1)))])
def test_a_flat_surface_and_one_that_is_infinite_in_places_are_drawn(values):
    assert surface_panel(axes(), panel(values=values)).collections


def test_every_picture_renders_to_the_same_bytes_each_time(book, scales, plane):
    for draw, subject in ((compare_figure, book), (vary_figure, scales), (map_figure, plane)):
        assert render(draw(subject), "svg") == render(draw(subject), "svg")


def test_what_stands_in_the_figure_lies_within_it(book, lost):
    for subject in (book, lost):
        figure = compare_figure(subject)
        render(figure, "png")
        box = figure.get_tightbbox()
        assert box.x0 > -0.05
        assert box.x1 < figure.get_figwidth() + 0.05
        assert box.y1 < figure.get_figheight() + 0.05
