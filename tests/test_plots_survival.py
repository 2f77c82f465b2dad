"""The pictures of arrivals seed by seed and of speed-ups by rate policy: who arrived when, and what is not known."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import CensoredData, ecdf
from test_plots_comparison import compared, decay, draw, heading, legend, texts

from bpnet import compare, plots
from bpnet.comparison.survival import kaplan_meier
from bpnet.errors import UsageError
from bpnet.metrics import Target
from bpnet.plots import render
from bpnet.plots.policies import policy_panel
from bpnet.plots.style import colour
from bpnet.plots.survival import pair_panel, survival_panel

NEVER = np.nan
KNOWN = (2.0, 1.5, 3.0)
UNKNOWN = (np.nan, np.nan, np.nan)
POLICIES = ("same", "matched", "tuned")


def arrivals(times, limit=200, **changes):
    """A comparison with these arrivals (c, k, s), all made-up networks finite."""
    times = np.asarray(times, dtype=np.float64)
    conditions, costs, seeds = times.shape
    histories = [[decay(20, epochs=5, seeds=seeds)] * costs] * conditions
    labels = tuple(f"init_scale = {k + 1}" for k in range(conditions)) if conditions > 1 else ("",)
    return compared(histories, times, limit, **({"conditions": labels} | changes))


def spread(conditions=1, costs=2, seeds=30, never=0.0):
    """Arrivals between 20 and 199 epochs, this share of them never."""
    rng = np.random.default_rng(0)
    times = rng.integers(20, 200, (conditions, costs, seeds)).astype(np.float64)
    names = ("mse", "ce", "mse-flatspot", "ce-naive", "ce-clipped")[:costs]
    return arrivals(np.where(rng.random(times.shape) < never, NEVER, times), costs=names)


def by_policy(pairs, beyond, bounds=None, groups=("",), targets=("error<0.1",)):
    """A comparison at three rate policies under each group's condition; pairs : (c, t, 3), beyond : (c, t)."""
    labels = tuple(", ".join(filter(None, [group, f"{policy} rates"])) for group, policy in product(groups, POLICIES))
    plain = arrivals(np.full((len(labels), 2, 4), 50.0), conditions=labels)
    pairs = np.asarray(pairs, dtype=np.float64)
    return replace(
        plain,
        vary={"network.init_scale": list(range(len(groups)))} if any(groups) else {},
        targets=[Target(text.split("<")[0], float(text.split("<")[1]), below=True) for text in targets],
        policies=POLICIES * len(groups),
        pair_speedups=pairs,
        pair_bounds=bounds or [[""] * pairs.shape[1]] * pairs.shape[0],
        beyond_chance=np.asarray(beyond),
    )


def axes():
    return Figure().subplots()


def step(ax, k):
    """The steps of the k-th cost, in percent."""
    return next(line for line in ax.lines if line.get_color() == colour(k))


def share_at(ax, k, epoch):
    """The percentage drawn at an epoch, after the step at it."""
    x, y = step(ax, k).get_data()
    return y[np.searchsorted(x, epoch, side="right") - 1]


def points(ax):
    """The seeds of each group, [[x, y]]: arrived under both costs, not under the first, not the second, neither."""
    return [np.asarray(group.get_offsets()).tolist() for group in ax.collections]


def out_of_sight(ax):
    """The labels of ticks beyond an axis's ends, which are there and are not drawn."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        yield from (tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high)


def misplaced(figure):
    """Texts of a figure that reach beyond its edge, and pairs that cover each other or nearly touch in a line.

    They may reach a pixel into each other's height, which holds no ink, and stand two pixels apart.
    """
    figure.draw_without_rendering()
    hidden = {text for ax in figure.axes for text in out_of_sight(ax)}
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text() and text not in hidden]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    pairs = [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > -2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    page = figure.bbox
    beyond = [name for name, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1]
    return pairs + beyond


def test_without_a_seed_that_never_arrived_the_share_is_the_empirical_distribution():
    times = np.array([3.0, 3.0, 8.0, 20.0])
    epochs, share, _, _ = kaplan_meier(times, 50)
    assert list(zip(epochs.tolist(), share.tolist(), strict=True)) == [
        (0, 0), (3, 0), (3, 0.5), (8, 0.5), (8, 0.75), (20, 0.75), (20, 1), (50, 1),
    ]  # fmt: skip


def test_the_band_is_greenwoods_on_the_scale_of_log_log():
    """Against the formula, worked out by hand: v = sum d / (n (n - d)), S^exp(+-z sqrt(v) / log S); to rounding."""
    times = np.array([3.0, 5.0, 5.0, 9.0, NEVER, NEVER, NEVER, NEVER])
    _, share, low, high = kaplan_meier(times, 50)
    remaining = 5 / 8  # after the deaths of one in eight at 3, and of two in seven at 5
    variance = 1 / (8 * 7) + 2 / (7 * 5)
    width = 1.959963984540054 * np.sqrt(variance) / np.log(remaining)
    at = np.flatnonzero(np.isclose(share, 1 - remaining))[0]
    assert low[at] == pytest.approx(1 - remaining ** np.exp(width))
    assert high[at] == pytest.approx(1 - remaining ** np.exp(-width))


@pytest.mark.parametrize("seeds", [6, 20, 200])
def test_the_steps_and_the_band_are_scipys(seeds):
    """scipy.stats.ecdf of the censored times, half of which never came; equal to rounding."""
    times = np.random.default_rng(seeds).integers(1, 100, seeds).astype(float)
    epochs, *steps = kaplan_meier(np.where(times > 50, NEVER, times), 50)
    cdf = ecdf(CensoredData.right_censored(np.minimum(times, 50), times > 50)).cdf
    band = cdf.confidence_interval(0.95, method="log-log")
    assert set(epochs.tolist()) == {0, 50, *cdf.quantiles.tolist()}
    for found, known in zip(steps, (cdf, band.low, band.high), strict=True):
        assert found[2:-1:2] == pytest.approx(known.evaluate(epochs[2:-1:2]), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("times", [np.full(6, NEVER), np.full(6, 7.0), np.zeros(6)])
def test_nobody_and_everybody_at_once_have_steps_and_no_band(times):
    _, share, low, high = kaplan_meier(times, 50)
    assert share[-1] == np.isfinite(times).mean()
    assert np.isnan([low, high]).all()


def test_the_share_counts_seeds_that_never_arrived():
    ax = survival_panel(axes(), arrivals([[[10, 20, NEVER, NEVER], [5, 5, 5, NEVER]]]), 0)
    assert [share_at(ax, 0, epoch) for epoch in (9, 10, 20, 199)] == [0, 25, 50, 50]
    assert share_at(ax, 1, 199) == 75


def test_the_steps_run_on_to_each_costs_budget():
    subject = replace(arrivals([[[10, 20, 30], [5, 6, 7]]]), limits=np.array([[400, 200]]))
    ax = survival_panel(axes(), subject, 0)
    assert [step(ax, k).get_xdata()[-1] for k in (0, 1)] == [400, 200]
    assert ax.get_xlim()[1] == 400


@pytest.mark.parametrize("limit", [50, 5000])
def test_an_arrival_before_the_first_step_is_a_step_at_epoch_0_clear_of_the_frame(limit):
    ax = survival_panel(axes(), arrivals([[[0, 0, 30, 40], [20, 20, 30, 40]]], limit), 0)
    assert step(ax, 0).get_xydata()[0].tolist() == [0, 0]
    assert share_at(ax, 0, 0) == 50
    assert ax.get_xlim()[0] < 0


def test_the_epochs_are_logarithmic_where_arrivals_are_a_small_part_of_the_budget():
    near, far = (survival_panel(axes(), arrivals([[[30, 40], [20, 30]]], limit), 0) for limit in (200, 2000))
    assert (near.get_xscale(), far.get_xscale()) == ("linear", "symlog")


@pytest.mark.parametrize(("seeds", "bands"), [(5, 0), (6, 2)])
def test_fewer_than_six_seeds_have_no_band(seeds, bands):
    subject = spread(seeds=seeds)
    assert len(survival_panel(axes(), subject, 0).collections) == bands
    assert ("95 % band (log-log)" in legend(draw("survival", subject))) == bool(bands)


def test_a_panel_where_nobody_arrived_says_so():
    figure = draw("survival", arrivals(np.full((1, 2, 6), NEVER)))
    assert texts(figure.axes[0]) == ["no seed reached error < 0.1"]
    assert texts(figure.axes[1]) == ["no seed arrived\nunder either"]
    assert render(figure, "png")


def test_a_seed_is_a_point_at_its_times_under_the_first_and_the_second_cost():
    ax = pair_panel(axes(), arrivals([[[50, 60, 70], [20, 90, 30]]]), 0)
    assert points(ax) == [[[50, 20], [60, 90], [70, 30]]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epochs under mse", "epochs under ce")
    assert ax.get_xlim() == ax.get_ylim()


def test_of_three_costs_the_second_is_drawn_against_the_first():
    ax = pair_panel(axes(), arrivals([[[50, 60], [20, 90], [1, 2]]], costs=("a", "b", "c")), 0)
    assert points(ax) == [[[50, 20], [60, 90]]]


def test_seeds_that_never_arrived_stand_open_at_the_margin_and_are_counted_in_words():
    ax = pair_panel(axes(), arrivals([[[50, NEVER, 70, NEVER, NEVER], [20, 90, NEVER, 60, NEVER]]]), 0)
    never = next(
        tick for tick, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True) if label.get_text() == "never"
    )
    assert never > 90
    assert points(ax) == [[[50, 20]], [[never, 90], [never, 60]], [[70, never]], [[never, never]]]
    assert texts(ax) == ["2 never under mse", "1 never under ce", "1 neither"]
    assert [group.get_facecolor().tolist()[0] for group in ax.collections[1:]] == [[1, 1, 1, 1]] * 3


def test_where_all_arrived_there_is_no_margin():
    ax = pair_panel(axes(), arrivals([[[50, 60], [20, 90]]]), 0)
    assert "never" not in [label.get_text() for label in ax.get_xticklabels()]
    assert not texts(ax)


def test_wide_times_are_logarithmic_on_both_axes_and_an_arrival_at_0_counts_as_one_epoch():
    ax = pair_panel(axes(), arrivals([[[0, 60], [20, 90]]]), 0)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert points(ax) == [[[1, 20], [60, 90]]]
    assert pair_panel(axes(), arrivals([[[50, 60], [20, 90]]]), 0).get_xscale() == "linear"


@pytest.mark.parametrize("time", [1, 7, 1000])
def test_seeds_that_all_arrived_at_the_same_epoch_lie_amid_whole_epochs(time):
    ax = pair_panel(axes(), arrivals(np.full((1, 2, 6), time)), 0)
    low, high = ax.get_xlim()
    assert low < time < high
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks
    assert ticks == np.rint(ticks).tolist()


@pytest.mark.parametrize(
    ("conditions", "panels"), [(1, 2), (2, 4), (4, 8), (5, 10), (8, 16), (9, 9), (12, 12), (20, 20), (30, 20)]
)
def test_up_to_eight_conditions_have_both_panels_and_up_to_twenty_the_share(conditions, panels):
    figure = draw("survival", spread(conditions, seeds=3))
    assert len(figure.axes) == panels
    assert len({round(ax.get_position().x0, 1) for ax in figure.axes}) <= 4
    assert ("20 of 30 conditions shown" in heading(figure)) == (conditions == 30)
    assert ("below the diagonal ce is faster" in " ".join(heading(figure).split())) == (conditions <= 8)


def test_seeds_that_diverged_are_named_beside_their_cost():
    subject = spread(seeds=4)
    broken = decay(20, epochs=5)
    broken.columns["train_error"][-1] = np.array([np.nan, 0.1, 0.1, np.nan])
    figure = draw("survival", replace(subject, histories=[[broken, subject.histories[0][1]]]))
    assert "mse (squared error) (2 of 4 diverged)" in legend(figure)


@pytest.mark.parametrize(
    "subject",
    [
        spread(1, 5, never=0.3),
        spread(4, 5, never=0.3),
        spread(2, never=0.3),
        spread(3, seeds=2),
        spread(8, 3, never=0.5),
        spread(12, never=0.2),
        replace(spread(4, never=0.3), costs=("mse-flatspot", "a cost of my own with a name")),
        arrivals(10.0 ** np.linspace(0, 4, 40).reshape(1, 2, 20), 20000),
        arrivals(
            10.0 ** np.where(np.eye(4, 20) > 0, NEVER, np.linspace(0, 5, 80).reshape(4, 20)).reshape(2, 2, 20), 10**6
        ),
    ],
    ids=[
        "five costs",
        "five costs, four conditions",
        "two conditions",
        "two seeds",
        "eight conditions",
        "twelve",
        "long names",
        "four decades",
        "five decades",
    ],
)
def test_no_text_of_the_survival_picture_covers_another_or_is_cut_off(subject):
    assert misplaced(draw("survival", subject)) == []


def test_one_line_a_cost_and_one_group_of_points_a_kind_keep_the_picture_cheap():
    figure = draw("survival", spread(1, 5, seeds=200, never=0.3))
    upper, lower = figure.axes
    assert (len(upper.lines), len(upper.collections)) == (5, 5)
    assert len(lower.collections) == 4


def test_survival_is_refused_for_one_seed():
    with pytest.raises(UsageError, match="it has one seed, and this picture shows how seeds differ"):
        draw("survival", arrivals([[[10], [20]]]))


def test_a_real_comparison_offers_its_survival():
    subject = compare(["mse", "ce"], "xor", seeds=6, sets=["train.epochs=30"]).subject()
    assert "survival" in plots.available(subject)
    assert render(draw("survival", subject), "svg") == render(draw("survival", subject), "svg")


def test_a_policy_is_a_row_and_a_dot_is_filled_where_chance_is_excluded():
    subject = by_policy([[KNOWN], [(1.2, 0.8, 1.9)], [UNKNOWN]], [[True], [False], [False]])
    ax = policy_panel(axes(), subject, 0)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_xydata().tolist() for dot in dots] == [[[2, 0]], [[1.2, 1]]]
    assert [dot.get_markerfacecolor() for dot in dots] == ["black", "white"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["same rates", "matched rates", "tuned rates"]
    assert texts(ax) == ["2×", "1.2×", "not known"]


def test_the_intervals_lie_along_a_log_axis_that_marks_equally_fast():
    ax = policy_panel(axes(), by_policy([[KNOWN]] * 3, [[True]] * 3), 0)
    assert [bar.get_segments()[0].tolist() for bar in ax.collections] == [[[1.5, k], [3, k]] for k in range(3)]
    assert ax.get_xscale() == "log"
    assert any(line.get_xdata()[0] == 1 and line.get_linestyle() == "--" for line in ax.lines)


@pytest.mark.parametrize(
    ("ends", "bound", "arrows"),
    [
        ((4, 3, 5), "", []),
        ((4, 3, np.nan), "at least", [24]),
        ((0.5, np.nan, 0.8), "at most", [-24]),
        ((4, np.nan, np.nan), "at least", [24]),
    ],
)
def test_an_interval_without_an_end_has_a_lying_arrow_on_that_side(ends, bound, arrows):
    subject = by_policy([[ends], [UNKNOWN], [UNKNOWN]], [[True]] * 3, [[bound]] * 3)
    found = [text for text in policy_panel(axes(), subject, 0).texts if text.arrow_patch is not None]
    assert [text.xyann for text in found] == [(side, 0) for side in arrows]


def test_the_varied_values_head_their_policies():
    groups = ("init_scale = 1", "init_scale = 8")
    ax = policy_panel(axes(), by_policy([[KNOWN]] * 6, [[True]] * 6, groups=groups), 0)
    rows = sorted(zip(ax.get_yticks(), (label.get_text() for label in ax.get_yticklabels()), strict=True))
    assert [text for _, text in rows] == [
        line for group in groups for line in (group, "same rates", "matched rates", "tuned rates")
    ]
    assert {label.get_text() for label in ax.get_yticklabels() if label.get_fontweight() == "bold"} == set(groups)
    assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"] == [1, 2, 3, 5, 6, 7]
    assert ax.yaxis_inverted()


def test_a_target_is_a_panel():
    pairs = np.array([[KNOWN, (5.0, 4.0, 6.0)]] * 3)
    subject = by_policy(pairs, [[True, False]] * 3, targets=("error<0.1", "max_error<0.3"))
    figure = draw("policies", subject)
    assert [ax.get_title("left") for ax in figure.axes] == ["error < 0.1", "max_error < 0.3"]
    assert [texts(ax)[0] for ax in figure.axes] == ["2×", "5×"]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


@pytest.mark.parametrize("targets", [1, 2, 4, 5])
def test_no_text_of_the_policies_covers_another_or_is_cut_off(targets):
    names = tuple(f"error<0.{k + 1}" for k in range(targets))
    pairs = [[KNOWN] * targets] * 4 + [[UNKNOWN] * targets] * 2
    subject = by_policy(
        pairs, [[True] * targets] * 6, groups=("init_scale = 1, output_bias = 12", "init_scale = 64"), targets=names
    )
    assert misplaced(draw("policies", subject)) == []


def test_several_policies_have_their_own_picture_and_none_over_varied_keys():
    subject = by_policy([[KNOWN]] * 6, [[True]] * 6, groups=("init_scale = 1", "init_scale = 8"))
    assert plots.available(subject) == ["compare", "survival", "policies"]
    for kind in ("vary", "map"):
        with pytest.raises(UsageError, match="it compares several rate policies, and this picture shows one"):
            draw(kind, subject)


def test_policies_is_refused_for_one_rate_policy():
    with pytest.raises(UsageError, match="it has one rate policy"):
        draw("policies", spread())
