"""The pictures of a comparison: what they show, and what they say of seeds that never reached the target."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from bpnet import plots
from bpnet.comparison.survival import kaplan_meier
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.metrics import Target
from bpnet.plots import ComparisonSubject, Surface, render, subjects
from bpnet.plots.arrivals import arrival_map, arrival_panel, speedup_map, speedup_panel
from bpnet.plots.comparison import cost_curves, delta_curves, error_curves, saturation_curves
from bpnet.plots.heading import cost_style, speedup_text
from bpnet.plots.style import colour
from bpnet.plots.subjects import quartiles
from bpnet.plots.surface import surface_panel

COSTS = ("mse", "ce")
ERROR = Target("error", 0.1, below=True)
NEVER = np.nan


def compared(histories, arrivals, limit=250, **changes):
    """A comparison of [condition][cost] histories; the speed-ups are those of the medians, where both are known."""
    arrivals = np.asarray(arrivals, dtype=np.float64)
    conditions, costs, _ = arrivals.shape
    medians = np.where(np.isfinite(arrivals).all(axis=-1), np.median(arrivals, axis=-1), np.nan)
    speedups = np.column_stack([medians[:, 0] / medians[:, 1], np.full((conditions, 2), np.nan)])
    fields = {
        "name": "xor",
        "costs": COSTS,
        "conditions": ("",) * conditions,
        "vary": {},
        "target": ERROR,
        "part": "train",
        "settings": "rate 3 for both (same), 4 seeds",
        "histories": histories,
        "arrivals": arrivals,
        "limits": np.full((conditions, costs), limit),
        "speedups": speedups,
        "bounds": ["" if np.isfinite(median) else "none" for median in speedups[:, 0]],
        "kaplan_meier": kaplan_meier,
    }
    return ComparisonSubject(**(fields | changes))


def neuron(cost, w, b, epochs=300, rate=0.15):
    """The book's neuron, which is to learn 0 for the input 1: its history and its first epoch of an error below 0.5."""
    rows = []
    for _ in range(epochs + 1):
        a = 1 / (1 + np.exp(-(w + b)))
        delta = a if cost == "ce" else a * a * (1 - a)
        rows.append((a * a / 2 if cost == "mse" else -np.log(1 - a), a, 100 * (a > 0.99), 100 * (a > 0.99), delta))
        w, b = w - rate * delta, b - rate * delta
    names = ("train_cost", "train_error", "saturation_1", "wrong_saturation", "delta_norm_1")
    columns = {name: list(np.array(rows)[:, k : k + 1]) for k, name in enumerate(names)}
    arrived = int(np.argmax(np.array([row[1] for row in rows]) < 0.5))
    return History({"epoch": list(range(epochs + 1)), **columns}), arrived


def gradient_flow(cost, start, rate=0.15):
    """Rows (epoch, error) of u' = -2 rate delta(u), integrated by hand, for u = w + b from the start to -3."""
    u = np.linspace(start, -3, 500)
    if cost == "ce":
        twice = (start - u) + np.exp(-u) - np.exp(-start)
    else:
        exponentials = 3 * (np.exp(-u) - np.exp(-start)) + (np.exp(-2 * u) - np.exp(-2 * start)) / 2
        twice = 3 * (start - u) + np.exp(start) - np.exp(u) + exponentials
    return np.column_stack([twice / (2 * rate), 1 / (1 + np.exp(-u))])


def decay(time, epochs=250, seeds=4, layer=2, part="train"):
    """A history of made-up columns (e, s) that fall by e in so many epochs, each seed a little later than the last."""
    epoch = np.arange(epochs + 1)
    error = 0.5 * np.exp(-epoch[:, np.newaxis] / (time * (1 + 0.05 * np.arange(seeds))))
    measures = {"cost": error**2, "error": error, "accuracy": 1 - error}
    scored = {f"{p}_{name}": list(v / (1 + (p != part))) for p in {"train", part} for name, v in measures.items()}
    monitors = {f"saturation_{layer}": error, "wrong_saturation": error / 2, f"delta_norm_{layer}": error / 10}
    other = {"saturation_1": list(error / 3), "delta_norm_1": list(error / 7)}
    return History({"epoch": list(epoch), **scored, **other, **{name: list(v) for name, v in monitors.items()}})


@pytest.fixture(scope="module")
def book():
    starts = {"from (0.6, 0.9)": (0.6, 0.9), "from (2, 2)": (2.0, 2.0)}
    runs = [[neuron(cost, *start) for cost in COSTS] for start in starts.values()]
    return compared(
        [[history for history, _ in row] for row in runs],
        [[[arrived] for _, arrived in row] for row in runs],
        limit=300,
        conditions=tuple(starts),
        target=Target("error", 0.5, below=True),
        theory=[[gradient_flow(cost, sum(start)) for cost in COSTS] for start in starts.values()],
        beyond_chance=np.full((2, 1), True),  # nothing is random
    )


@pytest.fixture(scope="module")
def scales():
    """Three scales of first weights; at the largest one seed of mse arrives of four."""
    arrivals = [
        [[80, 90, 85, 95], [20, 21, 24, 29]],
        [[120, 140, 200, 170], [30, 35, 40, NEVER]],
        [[240, NEVER, NEVER, NEVER], [60, 65, NEVER, 70]],
    ]
    histories = [[decay(30), decay(15)], [decay(60), decay(20)], [decay(150), decay(40)]]
    keys = {"network.init_scale": [1, 4, 16]}
    return compared(histories, arrivals, conditions=("1", "4", "16"), vary=keys)


@pytest.fixture(scope="module")
def plane():
    arrivals = np.array([[[30, 40, 50, 60], [10, 11, 12, 13]]]) * np.arange(1.0, 7)[:, np.newaxis, np.newaxis]
    arrivals[3, 0] = NEVER
    arrivals[4, 0, 1:] = NEVER
    keys = {"network.init_scale": [4, 16], "network.output_bias": [0.0, 4.0, 12.0]}
    labels = tuple(f"{scale}, {bias}" for scale in (4, 16) for bias in (0, 4, 12))
    return compared([[decay(50), decay(20)]] * 6, arrivals, conditions=labels, vary=keys)


@pytest.fixture(scope="module")
def lost():
    """The third of five costs diverges in its first step; the fourth has no gradient."""
    histories = [decay(400, epochs=60) for _ in range(5)]
    for name in ("train_error", "train_cost"):
        histories[2].columns[name][1:] = [np.full(4, np.nan)] * 60
    histories[3].columns["delta_norm_2"] = [np.zeros(4)] * 61
    costs = ("mse", "ce", "ce-naive", "ce-clipped", "mse-flatspot")
    return compared([histories], np.full((1, 5, 4), NEVER), limit=60, costs=costs)


def axes():
    return Figure().subplots()


def draw(kind, subject):
    return plots.draw(kind, [subject])


def of_colour(ax, k, width=2.0):
    """The bold lines drawn in the k-th cost's colour."""
    return [line for line in ax.lines if line.get_color() == colour(k) and line.get_linewidth() > width]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def heading(figure):
    return " ".join(text.get_text() for text in figure.texts)


def test_the_subjects_are_built_without_matplotlib():
    source = Path(subjects.__file__).read_text(encoding="utf-8")
    assert "import matplotlib" not in source
    assert "from matplotlib" not in source


def test_quartiles_put_what_is_not_finite_last_rather_than_leaving_it_out():
    low, middle, high = quartiles(np.array([3.0, np.nan, 1.0, 2.0, np.inf]))
    assert (low, middle, high) == (2, 3, np.inf)


def test_quartiles_agree_with_numpy_where_all_is_finite():
    values = np.random.default_rng(0).standard_normal((7, 5))
    np.testing.assert_allclose(quartiles(values), np.quantile(values, [0.25, 0.5, 0.75], axis=-1))


def test_compare_has_a_column_a_condition_and_four_measures_beneath_each_other(book):
    figure = draw("compare", book)
    assert len(figure.axes) == 8
    assert [ax.get_title("left") for ax in figure.axes[:2]] == list(book.conditions)
    assert [ax.get_ylabel().split()[0] for ax in figure.axes[::2]] == ["cost", "error", "saturated", "output"]


def test_the_target_the_settings_and_the_name_stand_above(book):
    line = heading(draw("compare", book))
    assert "xor" in line
    assert "error < 0.5" in line
    assert "rate 3 for both (same), 4 seeds" in line


def test_targets_that_differ_in_their_eighth_digit_do_not_fall_together(scales):
    near = replace(scales, target=Target("error", 0.10000001, below=True))
    lines = [heading(draw(kind, subject)) for kind in ("compare", "vary") for subject in (scales, near)]
    assert ["error < 0.10000001" in line for line in lines] == [False, True, False, True]
    bounds = [
        next(line.get_ydata()[0] for line in error_curves(axes(), subject, 0).lines if line.get_color() == "#666666")
        for subject in (scales, near)
    ]
    assert bounds == [0.1, 0.10000001]


def test_of_more_than_four_conditions_the_first_and_last_are_shown_and_the_choice_is_said(plane):
    figure = draw("compare", plane)
    shown = [ax.get_title("left") for ax in figure.axes[:4]]
    assert shown[0] == plane.conditions[0]
    assert shown[-1] == plane.conditions[-1]
    assert len(figure.axes) == 16
    assert "4 of 6 conditions shown" in heading(figure)


def test_the_error_drawn_is_the_median_of_the_seeds(scales):
    ax = error_curves(axes(), scales, 0)
    expected = np.median(scales.histories[0][0]["train_error"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), expected)


def test_three_seeds_or_more_have_a_band_and_one_has_none(scales, book):
    assert len(cost_curves(axes(), scales, 0).collections) == 2
    assert not cost_curves(axes(), book, 0).collections
    assert "middle half of the seeds" in legend(draw("compare", scales))
    assert "middle half of the seeds" not in legend(draw("compare", book))


def test_each_cost_has_a_colour_and_dashes_of_its_own(lost):
    bold = [line for line in cost_curves(axes(), lost, 0).lines if line.get_linewidth() > 2]
    assert len({line.get_color() for line in bold}) == len(bold) == 5
    assert len({str(cost_style(k)["ls"]) for k in range(5)}) == 5


def test_the_arrivals_of_the_neuron_are_marked_at_the_target_with_their_epochs(book):
    ax = error_curves(axes(), book, 1)
    marks = {line.get_marker(): line.get_xydata()[0] for line in ax.lines if line.get_marker() in "o^"}
    np.testing.assert_array_equal([marks["o"], marks["^"]], [[232, 0.5], [17, 0.5]])
    assert texts(ax) == ["232", "17"]


def test_the_closed_form_lies_on_the_measured_curve(book):
    """To 0.02, by which steps differ from the flow that the form describes."""
    ax = error_curves(axes(), book, 1)
    dots = [line.get_xydata() for line in ax.lines if line.get_marker() == "."]
    assert len(dots) == 2
    for points, history in zip(dots, book.histories[1], strict=True):
        measured = np.interp(points[:, 0], history["epoch"], history["train_error"][:, 0])
        np.testing.assert_allclose(points[:, 1], measured, atol=0.02)
    assert "closed form" in legend(draw("compare", book))


def test_the_speed_up_stands_above_the_error(book):
    assert error_curves(axes(), book, 1).get_title("left") == "ce 13.6 times faster"


def test_an_arrival_beyond_the_epochs_shown_stands_at_the_end(book):
    short = [
        [History({name: column[:100] for name, column in history.columns.items()}) for history in row]
        for row in book.histories
    ]
    assert "mse 232 →" in texts(error_curves(axes(), replace(book, histories=short), 1))


def test_a_cost_that_most_seeds_never_brought_there_never_reaches_it(scales):
    hardest = replace(
        scales,
        histories=scales.histories[2:],
        arrivals=scales.arrivals[2:],
        limits=scales.limits[2:],
        speedups=scales.speedups[2:],
        bounds=scales.bounds[2:],
        conditions=("16",),
    )
    assert "mse never reaches it →" in texts(error_curves(axes(), hardest, 0))


def test_epochs_are_logarithmic_where_arrivals_lie_far_apart(book):
    arrivals, limits = book.arrivals.copy(), book.limits.copy()
    arrivals[1, 0], limits[1, 0] = 2000, 9999
    far = replace(book, arrivals=arrivals, limits=limits)
    assert draw("compare", far).axes[-1].get_xscale() == "symlog"
    assert draw("compare", book).axes[-1].get_xscale() == "linear"


def test_an_accuracy_target_shows_accuracy_in_percent(scales):
    ax = error_curves(axes(), replace(scales, target=Target("accuracy", 0.95, below=False)), 0)
    assert ax.get_ylabel() == "accuracy (%)"
    assert any(np.array_equal(line.get_ydata(), [95, 95]) for line in ax.lines)
    expected = 100 * np.median(scales.histories[0][0]["train_accuracy"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), expected)


def test_a_target_on_a_measure_that_was_not_recorded_shows_the_error_and_no_bound(scales):
    ax = error_curves(axes(), replace(scales, target=Target("max_error", 0.3, below=True)), 0)
    assert ax.get_ylabel() == "error |a − y|"
    assert not any(line.get_linestyle() == ":" for line in ax.lines)


def test_the_scored_part_is_what_is_drawn():
    histories = [[decay(30, part="validation"), decay(15, part="validation")]]
    ax = error_curves(axes(), compared(histories, np.ones((1, 2, 4)), part="validation"), 0)
    expected = np.median(histories[0][0]["validation_error"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), expected)


def test_saturation_is_that_of_the_output_layer_in_percent_bold_on_the_wrong_side(scales):
    ax = saturation_curves(axes(), scales, 2)
    history = scales.histories[2][0]
    thin = next(line for line in ax.lines if line.get_linewidth() < 1)
    np.testing.assert_allclose(thin.get_ydata(), 100 * np.median(history["saturation_2"], axis=1))
    wrong = 100 * np.median(history["wrong_saturation"], axis=1)
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), wrong)


def test_a_monitor_that_begins_like_another_is_not_drawn_for_it(scales):
    histories = [
        [History(one.columns | {"wrong_saturation_own": one.columns["train_cost"]}) for one in row]
        for row in scales.histories
    ]
    drawn, expected = (
        saturation_curves(axes(), subject, 2) for subject in (replace(scales, histories=histories), scales)
    )
    for ours, theirs in zip(drawn.lines, expected.lines, strict=True):
        np.testing.assert_array_equal(ours.get_ydata(), theirs.get_ydata())


def test_the_delta_norm_is_that_of_the_output_layer_on_a_log_axis(scales):
    ax = delta_curves(axes(), scales, 0)
    assert ax.get_yscale() == "log"
    expected = np.median(scales.histories[0][0]["delta_norm_2"], axis=1)
    floored = np.maximum(expected, ax.get_ylim()[0])
    np.testing.assert_allclose(of_colour(ax, 0)[0].get_ydata(), floored)


def test_a_varied_depth_still_shows_the_output_layer():
    deep = compared([[decay(30, layer=2)] * 2, [decay(30, layer=4)] * 2], np.ones((2, 2, 4)))
    lines = [of_colour(delta_curves(axes(), deep, k), 0)[0].get_ydata() for k in (0, 1)]
    np.testing.assert_array_equal(*lines)


def test_a_delta_of_zero_lies_on_the_floor_rather_than_vanishing(lost):
    wide = [decay(10, epochs=60), *lost.histories[0][1:]]
    ax = delta_curves(axes(), replace(lost, histories=[wide]), 0)
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(of_colour(ax, 3)[0].get_ydata(), ax.get_ylim()[0])


def test_a_cost_that_diverged_ends_in_a_cross_and_the_legend_says_so(lost):
    crosses = [line for line in error_curves(axes(), lost, 0).lines if line.get_marker() == "x"]
    assert [line.get_color() for line in crosses] == [colour(2)]
    assert "ce-naive (diverged)" in legend(draw("compare", lost))


def test_seeds_that_diverged_are_counted_when_some_did_not(lost):
    histories = [*lost.histories[0][:2], decay(400, epochs=60), *lost.histories[0][3:]]
    histories[2].columns["train_error"][-1] = np.array([np.nan, 0.1, 0.1, 0.1])
    assert "ce-naive (1 of 4 diverged)" in legend(draw("compare", replace(lost, histories=[histories])))


@pytest.mark.parametrize(
    ("median", "bound", "beyond", "words"),
    [
        (13.64, "", True, "ce 13.6 times faster"),
        (13.64, "", False, "mse took 13.6 times as long (may be chance)"),
        (0.5, "", True, "mse 2 times faster"),
        (3.0, "at least", True, "ce at least 3 times faster"),
        (0.25, "at most", True, "mse at least 4 times faster"),
        (0.25, "at most", False, "ce took at least 4 times as long (may be chance)"),
        (1.0, "", True, "ce and mse equally fast"),
        (np.nan, "none", False, ""),
    ],
)
def test_a_speed_up_in_words_calls_a_cost_faster_only_beyond_chance(book, median, bound, beyond, words):
    speedups = np.array([[2, np.nan, np.nan], [median, np.nan, np.nan]])
    tested = replace(book, speedups=speedups, bounds=["", bound], beyond_chance=np.array([[False], [beyond]]))
    assert speedup_text(tested, 1) == words


def test_equal_medians_of_several_seeds_are_equal_in_the_median_only(lost):
    even = replace(lost, speedups=np.ones((len(lost.conditions), 3)), bounds=[""] * len(lost.conditions))
    assert speedup_text(even, 0) == "ce and mse equally fast in the median"


def test_epochs_to_the_target_are_drawn_against_the_varied_key_on_log_axes(scales):
    ax = arrival_panel(axes(), scales)
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "network.init_scale")
    line = next(line for line in of_colour(ax, 1) if len(line.get_xdata()) == 3)
    assert line.get_xydata().tolist() == [[1, 22.5], [4, 37.5], [16, 67.5]]


def test_a_varied_value_is_written_as_in_a_config(scales):
    ax = draw("vary", replace(scales, vary={"network.truncate": [2, 4, None]})).axes[1]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "4", "null"]


def test_a_network_that_meets_the_target_before_its_first_step_counts_as_one_epoch(scales):
    arrivals = scales.arrivals.copy()
    arrivals[0, 1] = 0
    line = next(
        line
        for line in of_colour(arrival_panel(axes(), replace(scales, arrivals=arrivals)), 1)
        if len(line.get_xdata()) == 3
    )
    assert line.get_ydata()[0] == 1


def test_most_seeds_never_arriving_is_an_open_marker_at_the_limit_with_how_many_did(scales):
    ax = arrival_panel(axes(), scales)
    point = next(line for line in ax.lines if line.get_marker() == "o" and line.get_xdata()[0] == 16)
    assert point.get_markerfacecolor() == "white"
    assert point.get_ydata()[0] == 250
    assert texts(ax).count("1 of 4") == 1
    assert "most seeds never reached it" in legend(draw("vary", scales))


def test_the_speed_up_of_each_value_is_numbered_and_a_bound_is_an_open_marker(scales):
    speedups = np.array([[4.0, 3.0, 5.0], [9.0, 2.0, np.nan], [np.nan, np.nan, np.nan]])
    bounds = ["", "at least", "none"]
    named = replace(scales, speedups=speedups, bounds=bounds, vary={"key": ["a", "b", "c"]})
    ax = speedup_panel(axes(), named)
    assert {"4×", "≥9×", "not known", "equally fast"} <= set(texts(ax))
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [point.get_markerfacecolor() for point in points] == ["black", "white"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    assert ax.get_xscale() == "linear"


@pytest.mark.parametrize(
    ("speedup", "bound", "arrows"),
    [
        ((4, 3, 5), "", []),
        ((4, np.nan, np.nan), "", []),
        ((4, 3, np.nan), "at least", [24]),
        ((4, np.nan, np.nan), "at least", [24]),
        ((0.5, np.nan, 0.8), "at most", [-24]),
        ((0.5, 0, 0.8), "at most", [-24]),
        ((4, 3, np.nan), "", [24]),
    ],
)
def test_an_interval_without_an_end_has_an_arrow_on_that_side(scales, speedup, bound, arrows):
    first = np.concatenate([[speedup], scales.speedups[1:]])
    ax = speedup_panel(axes(), replace(scales, speedups=first, bounds=[bound, *scales.bounds[1:]]))
    starts = [text for text in ax.texts if text.arrow_patch is not None and text.xy[0] == 1]
    assert [text.xyann[1] for text in starts] == arrows


def test_predicted_epochs_are_a_black_line_named_closed_form(scales):
    predicted = {"ce": [10.0, 20.0, 40.0]}
    figure = draw("vary", replace(scales, predicted=predicted))
    black = [line.get_ydata().tolist() for line in figure.axes[0].lines if line.get_color() == "black"]
    assert black == [predicted["ce"]]
    assert "closed form" in legend(figure)


def test_only_the_pictures_that_fit_a_comparison_are_offered(book, scales, plane):
    assert [plots.available(subject) for subject in (book, scales, plane)] == [
        ["compare"],
        ["compare", "vary", "survival"],
        ["compare", "map", "survival"],
    ]
    assert plots.available(replace(book, surfaces=[surface()])) == ["compare", "surface"]


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("vary", "book", "it varies no key, and this picture shows 1; these fit: compare"),
        ("vary", "plane", "it varies 2 keys, and this picture shows 1; these fit: compare, map, survival"),
        ("map", "scales", "it varies 1 key, and this picture shows 2; these fit: compare, vary, survival"),
        ("surface", "book", "it kept no cost surface"),
        ("curves", "book", "it shows a run, and this is a comparison; these fit: compare"),
    ],
)
def test_a_picture_that_does_not_fit_is_refused_with_the_reason(request, kind, name, reason):
    with pytest.raises(UsageError, match=f"^xor: the picture '{kind}' does not fit: {reason}"):
        draw(kind, request.getfixturevalue(name))


def test_comparisons_are_not_overlaid(book):
    with pytest.raises(
        UsageError, match=r"^the picture 'compare' shows one comparison; 'curves' overlays several runs$"
    ):
        plots.draw("compare", [book, book])


def test_a_map_has_the_first_key_upwards_and_the_second_to_the_right(plane):
    ax = arrival_map(axes(), plane, "ce")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("network.init_scale", "network.output_bias")
    cells = ax.images[0].get_array()
    assert cells.shape == (2, 3)
    assert cells[1, 0] == np.median(plane.arrivals[3, 1])


def test_a_cell_where_most_never_arrived_is_empty_and_says_how_many_did(plane):
    ax = arrival_map(axes(), plane, "mse")
    assert np.ma.getmaskarray(ax.images[0].get_array()).ravel().tolist() == [False] * 3 + [True, True, False]
    assert texts(ax) == ["45", "90", "135", "never", "1/4", "270"]


def test_both_costs_share_the_colours_of_the_map_and_the_ratio_parts_at_one(plane):
    maps = [arrival_map(axes(), plane, cost).images[0] for cost in COSTS]
    assert maps[0].get_clim() == maps[1].get_clim()
    ratios = speedup_map(axes(), plane)
    low, high = ratios.images[0].get_clim()
    assert low * high == pytest.approx(1)
    assert texts(ratios) == ["3.9"] * 3 + ["?", "?", "3.9"]


def test_a_map_of_costs_that_nobody_brought_there_is_drawn(plane):
    nowhere = np.full((6, 3), np.nan)
    figure = draw("map", replace(plane, arrivals=np.full((6, 2, 4), NEVER), speedups=nowhere, bounds=["none"] * 6))
    assert [set(texts(ax)) for ax in figure.axes[:3]] == [{"never"}, {"never"}, {"?"}]
    assert render(figure, "png")


def surface(cost="mse", **changes):
    first, second = np.linspace(-3, 3, 31), np.linspace(-2, 2, 21)
    a = 1 / (1 + np.exp(-first - second[:, np.newaxis]))
    path = np.linspace([2, 1.5], [-1, -1], 50)
    return replace(Surface(cost, first, second, a**2 / 2, path, np.arange(50)), **changes)


def test_a_surface_shows_the_path_from_a_circle_to_a_square():
    ax = surface_panel(axes(), surface())
    ends = {line.get_marker(): line.get_xydata().tolist() for line in ax.lines if len(line.get_xdata()) == 1}
    assert ends == {"o": [[2, 1.5]], "s": [[-1, -1]]}


def test_the_dots_on_the_path_are_tenths_of_the_epochs_not_of_the_rows():
    path = np.column_stack([np.arange(5.0), np.zeros(5)]) - 2
    ax = surface_panel(axes(), surface(path=path, epochs=np.array([0, 1, 2, 3, 10])))
    dots = next(line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 9)
    np.testing.assert_allclose(dots.get_xdata()[:3], [-1, 0, 1])


def test_surfaces_side_by_side_have_one_extent_and_a_cross_entropy_is_in_nats(book):
    surfaces = [surface(), surface("ce", values=surface().values * 9)]
    figure = draw("surface", replace(book, surfaces=surfaces, axes=("w", "b")))
    left, right = figure.axes[:2]
    assert left.get_xlim() == right.get_xlim() == (-3, 3)
    assert (left.get_xlabel(), left.get_ylabel()) == ("w", "b")
    assert [ax.get_ylabel() for ax in figure.axes[2:]] == ["cost", "cost (nats)"]
    assert "xor, from (2, 2)" in heading(figure), "the surfaces are those of the last condition"


@pytest.mark.parametrize("values", [np.full((21, 31), 0.5), np.where(np.arange(31) > 25, np.inf, np.ones((21, 1)))])
def test_a_flat_surface_and_one_that_is_infinite_in_places_are_drawn(values):
    assert surface_panel(axes(), surface(values=values)).collections


def test_every_picture_renders_to_the_same_bytes_each_time(book, scales, plane):
    for kind, subject in (("compare", book), ("vary", scales), ("map", plane)):
        assert render(draw(kind, subject), "svg") == render(draw(kind, subject), "svg")


@pytest.mark.parametrize("kind", ["compare", "survival"])
def test_a_letter_that_no_font_has_is_drawn_without_a_warning(scales, kind):
    odd = replace(scales, conditions=tuple(f"花 {k}" for k in range(len(scales.conditions))))
    assert "花 0" in [ax.get_title("left") for ax in draw(kind, odd).axes]


def test_what_stands_in_the_figure_lies_within_it(book, lost):
    for subject in (book, lost):
        figure = draw("compare", subject)
        render(figure, "png")
        box = figure.get_tightbbox()
        assert box.x0 > -0.05
        assert box.x1 < figure.get_figwidth() + 0.05
        assert box.y1 < figure.get_figheight() + 0.05
