"""The pictures: what is on each Axes, what is refused, and that the same run gives the same bytes."""

import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from bpnet import plots
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.metrics import MEASURES
from bpnet.plots.curves import MONITOR_LABELS
from bpnet.plots.style import fontManager, installed, plain_log_ticks


def history(epochs=50, score="accuracy", validation=True, **columns):
    rng = np.random.default_rng(0)
    found = History()
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "learning_rate": 0.5, "seconds": epoch / 100}
        for part in ("train", "validation")[: 1 + validation]:
            row |= {f"{part}_cost": 2 / epoch + 0.01 * rng.random(), f"{part}_error": 0.1}
            row[f"{part}_{score}"] = 1 - 0.5 / epoch - 0.01 * rng.random()
        found.append(row | {name: value(epoch) for name, value in columns.items()})
    return found


def axes():
    return Figure().subplots()


def sigmoids(classes):
    """A prediction of so many classes from two features."""
    weights = np.random.default_rng(0).standard_normal((2, classes))
    return lambda rows: 1 / (1 + np.exp(-rows @ weights))


def subject(blobs, **changes):
    fields = {
        "name": "run",
        "history": history(),
        "predict": sigmoids(3),
        "first_weights": np.ones((5, 2)),
        "image": None,
        "classes": ("a", "b", "c"),
        "features": ("u", "v"),
        "arrays": {"points_x": blobs.x, "points_y": blobs.labels, "confusion": np.eye(3, dtype=int) * 7},
    }
    return plots.RunSubject(**(fields | changes))


def pictures_of_digits(k=40):
    images = np.random.default_rng(0).random((k, 64))
    labels = np.arange(k) % 3
    return {
        "image": (8, 8),
        "first_weights": np.random.default_rng(1).standard_normal((12, 64)),
        "arrays": {
            "mistakes_x": images,
            "mistakes_true": labels,
            "mistakes_predicted": (labels + 1) % 3,
            "mistakes_output": np.linspace(1, 0.4, k),
            "examples": np.array(1000),
        },
    }


def title(ax):
    return ax.get_title("left") or ax.get_title()


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_cost_is_drawn_on_a_log_axis_with_train_and_validation_named():
    ax = plots.cost_curves(axes(), {"run": history()})
    assert ax.get_yscale() == "log"
    assert labels_of(ax) == ["train", "validation"]
    assert ax.get_xlabel() == "epoch"
    assert "cost" in ax.get_ylabel()
    low, high = ax.get_ylim()
    for line in ax.lines:
        assert low <= np.nanmin(line.get_ydata()) <= np.nanmax(line.get_ydata()) <= high


def test_a_thousand_epochs_are_marked_in_round_steps_up_to_the_last():
    ax = plots.cost_curves(axes(), {"run": history(epochs=1000)})
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [0, 200, 400, 600, 800, 1000]


def test_a_cost_that_hardly_changes_stays_on_a_linear_axis():
    flat = history(epochs=3)
    assert plots.cost_curves(axes(), {"run": flat}).get_yscale() == "linear"


def test_accuracy_is_in_percent_and_its_best_epoch_stands_in_the_title():
    found = history()
    ax = plots.accuracy_curves(axes(), {"run": found})
    assert ax.get_ylabel() == "accuracy (%)"
    best = found.best("validation_accuracy")
    assert f"best validation {100 * best['validation_accuracy']:.2f} %, epoch {best['epoch']}" in title(ax)


def test_quantities_are_scored_by_r2():
    ax = plots.accuracy_curves(axes(), {"run": history(score="r2")})
    assert "R²" in ax.get_ylabel()


def test_several_runs_overlay_with_a_colour_each():
    ax = plots.cost_curves(axes(), {"one": history(), "two": history()})
    assert labels_of(ax) == ["one", "two", "train", "validation"]
    colours = [line.get_color() for line in ax.lines]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle(), "told apart in grey too"
    assert ax.lines[0].get_marker() != ax.lines[2].get_marker(), "told apart in grey too"


def test_the_legend_of_several_runs_tells_the_best_of_each():
    found = history()
    ax = plots.accuracy_curves(axes(), {"one": found, "two": history()})
    assert labels_of(ax)[0] == f"one: best {100 * max(found['validation_accuracy']):.2f} %"


@pytest.mark.parametrize("runs", [1, 2, 9])
def test_the_legend_lies_outside_the_axes_and_on_the_page(blobs, runs):
    names = [f"mnist-30-hidden-20251121-{k:06d}" for k in range(runs)]
    figure = plots.draw("curves", [subject(blobs, name=name) for name in names])
    plots.render(figure, "png")
    left, right = ((ax.get_window_extent(), ax.get_legend().get_window_extent()) for ax in figure.axes)
    for panel, legend in (left, right):
        assert legend.y0 >= panel.y1 - 1
        assert legend.y1 <= figure.bbox.y1
    assert left[1].x1 < right[0].x0
    assert right[1].x1 <= figure.bbox.x1


def test_runs_of_different_costs_say_that_each_has_its_own(blobs):
    def label(*costs):
        return plots.draw("curves", [subject(blobs, name=cost, cost=cost) for cost in costs]).axes[0].get_ylabel()

    assert label("ce", "mse") == "cost (each run its own)"
    assert label("ce", "ce") == label("mse") == "cost (mean over examples)"


def test_classes_and_quantities_are_not_compared(blobs):
    runs = [subject(blobs, name="iris"), subject(blobs, name="diabetes", history=history(score="r2"))]
    for pair in (runs, runs[::-1]):
        with pytest.raises(UsageError, match="iris predicts classes and diabetes quantities; compare like with like"):
            plots.draw("curves", pair)


def test_a_run_whose_name_begins_with_a_dash_below_is_in_the_legend(blobs):
    ax = plots.draw("curves", [subject(blobs, name="_a"), subject(blobs, name="b")]).axes[0]
    assert labels_of(ax)[:2] == ["_a", "b"]


def test_runs_of_one_name_are_told_apart(blobs):
    ax = plots.draw("curves", [subject(blobs), subject(blobs)]).axes[0]
    assert labels_of(ax)[:2] == ["run", "run (2)"]


def test_the_title_names_the_runs_or_counts_them_where_they_are_many(blobs):
    def heading(*names):
        return plots.draw("curves", [subject(blobs, name=name) for name in names]).get_suptitle()

    assert heading("moons-ce", "moons-mse") == "moons-ce, moons-mse"
    assert heading(*[f"moons-20251121-{k:06d}" for k in range(5)]) == "5 runs"


def test_a_name_is_never_taken_for_a_formula(blobs):
    assert plots.render(plots.draw("curves", [subject(blobs, name="$x_")]), "svg") != plots.render(
        plots.draw("curves", [subject(blobs, name="x_")]), "svg"
    )


@pytest.mark.parametrize("epochs", [1, 2, 20000])
def test_histories_of_any_length_are_drawn(blobs, epochs):
    one = History({name: np.linspace(1, 0.5, epochs) for name in ("train_cost", "train_accuracy")})
    one.columns["epoch"] = list(range(1, epochs + 1))
    assert plots.render(plots.draw("curves", [subject(blobs, history=one)]), "png").startswith(b"\x89PNG")


def test_a_single_epoch_stands_at_one_tick_with_a_marker():
    ax = plots.cost_curves(axes(), {"run": history(epochs=1)})
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]
    assert ax.lines[0].get_marker() == "o"


def test_of_very_many_epochs_no_spike_is_lost():
    cost = np.full(100_000, 0.5)
    cost[77_777] = 9.0
    found = History({"epoch": list(range(1, 100_001)), "train_cost": list(cost)})
    (line,) = plots.cost_curves(axes(), {"run": found}).lines
    assert len(line.get_xdata()) < 3000
    assert line.get_xdata()[np.argmax(line.get_ydata())] == 77_778


def test_a_narrow_log_axis_still_has_three_labels_or_more():
    found = history()
    found.columns["train_cost"] = found.columns["validation_cost"] = list(np.geomspace(2.9, 0.31, 50))
    ax = plots.cost_curves(axes(), {"run": found})
    low, high = ax.get_ylim()
    assert ax.get_yscale() == "log"
    assert [f"{tick:g}" for tick in ax.get_yticks() if low <= tick <= high] == ["0.5", "1", "2"]
    assert ax.yaxis.get_major_formatter()(0.5, 0) == "0.5"


@pytest.mark.parametrize("low", [1.01e-7, 0.31, 1, 9.9, 12345])
@pytest.mark.parametrize("ratio", [1.2, 3, 9, 299, 301, 1e40])
def test_a_log_axis_has_three_labels_at_least_and_not_too_many(low, ratio):
    ax = axes()
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ax.set_ylim(low, ratio * low)
    seen = [tick for tick in ax.get_yticks() if low <= tick <= ratio * low]
    assert 3 <= len(seen) <= 10
    labels = [ax.yaxis.get_major_formatter()(tick, 0) for tick in seen]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [(2e-6, 0.02, ["1e-05", "1e-04", "1e-03", "1e-02"]), (2e-4, 0.2, ["0.001", "0.01", "0.1"])],
)
def test_the_labels_of_a_log_axis_are_of_one_kind(low, high, labels):
    figure = Figure()
    ax = figure.subplots()
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ax.set_ylim(low, high)
    figure.draw_without_rendering()
    assert [text.get_text() for text in ax.get_yticklabels()] == labels


def test_a_font_that_is_in_matplotlib_s_list_and_no_longer_on_the_machine_is_not_named(monkeypatch):
    entry = FontEntry(fname="/gone/NotoSans.otf", name="A Font That Is Gone")
    monkeypatch.setattr(fontManager, "ttflist", [entry])
    assert installed(("A Font That Is Gone",)) == []


@pytest.mark.parametrize("cost", [[np.nan, np.nan], [1.0, 1e308], [0.0, 0.0], [-1.0, 100.0], [2.0, np.inf]])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_no_cost_is_too_odd_to_draw(blobs, cost, suffix):
    one = History({"epoch": [1, 2], "train_cost": cost, "train_accuracy": [0.5, 0.5]})
    assert plots.render(plots.draw("curves", [subject(blobs, history=one)]), suffix)


def test_a_run_that_never_was_finite_says_so():
    one = History({"epoch": [1], "train_cost": [np.nan]})
    ax = plots.cost_curves(axes(), {"run": one})
    assert [text.get_text() for text in ax.texts] == ["no finite value: the run diverged"]


def test_where_a_run_diverged_is_crossed():
    one = history(validation=False)
    one.columns["train_cost"][-2:] = [float("inf"), float("nan")]
    ax = plots.cost_curves(axes(), {"run": one})
    assert labels_of(ax) == ["train", "diverged"]
    assert list(ax.lines[1].get_xdata()) == [48]


def test_a_run_that_diverged_is_drawn_up_to_there(blobs):
    one = history()
    one.columns["train_cost"][-2:] = [float("inf"), float("nan")]
    figure = plots.draw("curves", [subject(blobs, history=one)])
    assert np.isnan(figure.axes[0].lines[0].get_ydata()[-2:]).all()
    plots.render(figure, "svg")


def test_monitors_name_their_layers():
    one = history(saturation_1=lambda e: 0.1, saturation_2=lambda e: 0.5, delta_norm_1=lambda e: 10.0**-e)
    ax = plots.monitor_curves(axes(), one, "saturation")
    assert labels_of(ax) == ["hidden 1", "output"]
    assert ax.lines[1].get_ydata()[0] == 50
    assert "%" in ax.get_ylabel()
    assert plots.monitor_curves(axes(), one, "delta_norm").get_yscale() == "log"


def test_a_dead_layer_leaves_a_gap_on_the_log_axis():
    one = history(delta_norm_1=lambda e: 0.0, delta_norm_2=lambda e: 10.0**-e)
    ax = plots.monitor_curves(axes(), one, "delta_norm")
    assert ax.get_yscale() == "log"
    assert labels_of(ax) == ["hidden 1", "output"]


def test_a_panel_is_drawn_for_each_monitor(blobs):
    one = history(saturation_1=lambda e: 0.1, wrong_saturation=lambda e: 0.5, slope_1=lambda e: 0.2)
    figure = plots.draw("monitors", [subject(blobs, history=one)])
    assert [title(ax) for ax in figure.axes] == ["Saturation", "Wrong saturation", "Slope"]


def test_the_panels_of_all_monitors_stand_clear_of_each_other(blobs):
    layers = {f"{name}_{k}": lambda e: 1e-6 / e for name in MONITOR_LABELS for k in (1, 2, 3, 4)}
    figure = plots.draw("monitors", [subject(blobs, history=history(**layers))])
    plots.render(figure, "png")
    assert len({round(ax.get_position().x0, 2) for ax in figure.axes}) == 2, "two panels a row"
    assert not overlapping([ax.get_tightbbox().padded(3) for ax in figure.axes])
    for ax in figure.axes:
        assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent().padded(-1))


def test_the_lines_of_32_layers_all_look_different():
    found = history(**{f"slope_{k}": lambda e: 0.2 for k in range(1, 33)})
    ax = plots.monitor_curves(axes(), found, "slope")
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 32


@pytest.mark.parametrize("output", [np.nan, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("k", [1, 3])
def test_a_network_that_never_changes_its_mind_has_no_line(blobs, output, k):
    ax = plots.decision_boundary(
        axes(), lambda rows: np.full((len(rows), k), output), blobs.x, blobs.labels, "abc", ["u", "v"]
    )
    assert len(ax.collections) == 3, "the points of three classes, no contour"


def test_the_boundary_shows_every_point_and_the_line_where_the_class_changes(blobs):
    def predict(rows):
        return 1 / (1 + np.exp(-20 * rows[:, :1]))

    ax = plots.decision_boundary(axes(), predict, blobs.x, (blobs.x[:, 0] > 0).astype(int), ["no", "yes"], ["u", "v"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "v")
    assert labels_of(ax) == ["no", "yes"]
    assert title(ax) == "Decision boundary"
    drawn = np.concatenate([points.get_offsets() for points in ax.collections[-2:]])
    assert len(drawn) == len(blobs)
    line = np.concatenate(ax.collections[0].get_paths()[0].to_polygons(closed_only=False))
    np.testing.assert_allclose(line[:, 0], 0, atol=0.02)
    assert ax.get_legend().get_bbox_to_anchor() is not None


LONG = ("Iris setosa of the northern regions of Alaska", "Iris versicolor", "W" * 60)


@pytest.mark.parametrize("kind", ["boundary", "overview"])
@pytest.mark.parametrize("classes", [LONG, ("setosa", "versicolor", "virginica"), tuple(map(str, range(40)))])
def test_long_names_neither_squeeze_the_panel_nor_leave_the_page(blobs, kind, classes):
    features = ("the average of the worst concave points of the nucleus", "M" * 90)
    one = subject(blobs, predict=sigmoids(len(classes)), classes=classes, features=features)
    figure = plots.draw(kind, [one])
    plots.render(figure, "png")
    ax = figure.axes[-1]
    panel, legend, whole = ax.get_window_extent(), ax.get_legend().get_window_extent(), ax.get_tightbbox()
    assert panel.width > 3 * figure.dpi
    assert panel.height > 2 * figure.dpi
    assert not legend.overlaps(panel)
    assert not legend.overlaps(ax.xaxis.label.get_window_extent())
    assert whole.x0 >= 0 <= whole.y0
    assert whole.x1 <= figure.bbox.x1
    assert whole.y1 <= figure.bbox.y1


def test_a_legend_of_short_names_stands_beside_the_panel(blobs):
    figure = plots.draw("boundary", [subject(blobs)])
    plots.render(figure, "png")
    (ax,) = figure.axes
    assert ax.get_legend().get_window_extent().x0 > ax.get_window_extent().x1


def test_the_points_of_56_classes_all_look_different():
    x = np.random.default_rng(0).random((56, 2))
    ax = plots.decision_boundary(
        axes(), lambda rows: np.zeros((len(rows), 56)), x, np.arange(56), [str(k) for k in range(56)]
    )
    looks = {(tuple(some.get_facecolor()[0]), some.get_paths()[0].vertices.tobytes()) for some in ax.collections}
    assert len(looks) == 56


ODD = ("$x_1$ & <b>", "山鸢尾 🙂", "_c")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", ["png", "svg"])
@pytest.mark.parametrize("kind", [kind for kind, plot in plots.PLOTS.items() if plot.subject is plots.RunSubject])
def test_names_are_drawn_as_they_are_written(blobs, kind, suffix):
    """Neither mathematics nor markup, and no warning for a letter that no font has."""
    found = pictures_of_digits(4)
    arrays = found.pop("arrays") | {"points_x": blobs.x, "points_y": blobs.labels, "confusion": np.eye(3, dtype=int)}
    recorded = history(slope_1=lambda e: 1 / e)
    one = subject(
        blobs, name=r"$\foo$", classes=ODD, features=(r"$\foo$", "花"), history=recorded, arrays=arrays, **found
    )
    figure = plots.draw(kind, [one])
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if "$" in text.get_text())
    content = plots.render(figure, suffix)
    if suffix == "svg":
        ElementTree.fromstring(content)


def test_no_other_warning_is_kept_back():
    figure = Figure((0.3, 0.3), layout="constrained")
    figure.subplots().set_xlabel("山")
    with pytest.warns(UserWarning, match="constrained_layout") as found:
        plots.render(figure, "png")
    assert {str(one.message).split()[0] for one in found} == {"constrained_layout"}


def test_only_fonts_that_the_machine_has_are_fallen_back_on():
    assert installed(("No Such Font", "STIXGeneral")) == ["STIXGeneral"]


def test_the_confusion_matrix_has_true_rows_and_predicted_columns():
    ax = plots.confusion_matrix(axes(), np.array([[5, 2], [0, 3]]), ["cat", "dog"])
    texts = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in ax.texts}
    assert texts == {(0, 0): "5", (0, 1): "2", (1, 0): "0", (1, 1): "3"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert title(ax) == "8 of 10 right, 80.00 %"


def overlapping(boxes):
    return any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])


def test_forty_classes_can_be_read(blobs):
    counts = 1000 * np.eye(40, dtype=int)
    counts[:2] = 1000
    names = tuple(f"a rather long name of class {k}" for k in range(40))
    figure = plots.draw("confusion", [subject(blobs, arrays={"confusion": counts}, classes=names)])
    plots.render(figure, "png")
    (ax,) = figure.axes
    assert not overlapping([text.get_window_extent() for text in ax.texts[:80]])
    assert not overlapping([text.get_window_extent() for text in ax.get_yticklabels()])
    assert ax.get_tightbbox().x0 >= 0
    assert ax.get_xticklabels()[0].get_rotation() == 60


def test_of_many_classes_only_the_counts_there_are_are_written():
    ax = plots.confusion_matrix(axes(), np.eye(21, dtype=int), [str(k) for k in range(21)])
    assert [text.get_text() for text in ax.texts] == ["1"] * 21


def test_the_weights_share_one_scale_with_white_at_zero():
    weights = np.random.default_rng(0).standard_normal((120, 64))
    ax = plots.first_layer_weights(axes(), weights, (8, 8))
    assert len(ax.images) == 100
    limits = {image.get_clim() for image in ax.images}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high


def test_each_mistake_says_what_it_is_and_what_was_said(blobs):
    one = subject(blobs, **pictures_of_digits(5))
    ax = plots.draw("mistakes", [one]).axes[0]
    assert [text.get_text() for text in ax.texts][:2] == ["a, said b", "output 1.000"]
    assert title(ax) == "The 5 most confident mistakes among 1000 examples"


def test_no_mistakes_are_a_picture_too(blobs):
    ax = plots.draw("mistakes", [subject(blobs, **pictures_of_digits(0), part="test")]).axes[0]
    assert title(ax) == "No mistakes among 1000 examples of the test part"


def test_every_picture_of_examples_names_their_part(blobs):
    def heading(kind, **changes):
        return title(plots.draw(kind, [subject(blobs, part="validation", **changes)]).axes[-1])

    assert heading("confusion") == "Validation part: 21 of 21 right, 100.00 %"
    assert title(plots.confusion_matrix(axes(), np.eye(2), "ab", "train")).startswith("Training part: ")
    assert heading("boundary") == heading("overview") == "Decision boundary, points of the training part"
    assert heading("mistakes", **pictures_of_digits(1)) == "The only mistake among 1000 examples of the validation part"


def calls(monkeypatch, owner, name):
    """A list that grows by an item with each call of a method, which does what it did."""
    method, seen = getattr(owner, name), []
    monkeypatch.setattr(owner, name, lambda *given: seen.append(name) or method(*given))
    return seen


@pytest.mark.parametrize("kind", ["curves", "overview", "boundary", "confusion", "weights", "mistakes", "monitors"])
def test_a_picture_is_laid_out_once_and_drawn_once_for_each_file(blobs, monkeypatch, kind):
    """Matplotlib alone would lay it out and draw it once more for each file: more than half of the time."""
    layouts, drawings = calls(monkeypatch, ConstrainedLayoutEngine, "execute"), calls(monkeypatch, Figure, "draw")
    found = pictures_of_digits(4)
    arrays = found.pop("arrays") | {"points_x": blobs.x, "points_y": blobs.labels, "confusion": np.eye(3, dtype=int)}
    figure = plots.draw(kind, [subject(blobs, history=history(slope_1=lambda e: 1 / e), arrays=arrays, **found)])
    assert (len(layouts), len(drawings)) == (1, 0)
    for suffix in ("png", "svg"):
        plots.render(figure, suffix)
    assert (len(layouts), len(drawings)) == (1, 2)


def test_the_texts_measured_for_the_layout_are_not_measured_again_for_the_png(blobs, monkeypatch):
    figure = plots.draw("overview", [subject(blobs)])
    measured = calls(monkeypatch, RendererAgg, "get_text_width_height_descent")
    plots.render(figure, "png")
    assert measured == []


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_run_gives_the_same_bytes(blobs, suffix):
    first, second = (plots.render(plots.draw("overview", [subject(blobs)]), suffix) for _ in range(2))
    assert first == second


def test_only_what_fits_is_offered_and_the_rest_refused_with_the_reason(blobs):
    assert plots.available(subject(blobs)) == ["curves", "overview", "boundary", "confusion"]
    plain = subject(blobs, arrays={}, classes=(), history=history(score="r2"))
    assert plots.available(plain) == ["curves"]
    with pytest.raises(UsageError, match="there is nothing to draw; name a run or a comparison"):
        plots.draw("curves", [])
    four = subject(blobs, arrays={}, first_weights=np.zeros((5, 4)))
    with pytest.raises(UsageError, match="needs classes and two features, and this run has 4 features"):
        plots.draw("boundary", [four])
    with pytest.raises(UsageError, match=r"this run has quantities to predict; these fit: curves$"):
        plots.draw("boundary", [plain])
    with pytest.raises(UsageError, match="did you mean 'confusion'"):
        plots.draw("confusoin", [plain])
    with pytest.raises(UsageError, match="the picture 'confusion' shows one run; 'curves' overlays several runs"):
        plots.draw("confusion", [subject(blobs), subject(blobs)])


def test_a_picture_of_comparisons_does_not_fit_a_run_and_the_refusal_lists_what_does(blobs):
    message = "run: the picture 'compare' does not fit: it shows a comparison, and this is a run; these fit: curves, "
    with pytest.raises(UsageError, match=f"^{message}overview, boundary, confusion$"):
        plots.draw("compare", [subject(blobs)])


@pytest.mark.parametrize(("score", "label"), [("accuracy", "accuracy (%)"), ("r2", "R² (1 is perfect)")])
def test_the_axis_of_the_score_is_named_as_the_measure_is(score, label):
    ax = plots.accuracy_curves(axes(), {"run": history(score=score)})
    assert ax.get_ylabel() == label == MEASURES[score].label


def test_drawing_never_loads_pyplot_nor_changes_the_global_style():
    code = (
        "import sys, matplotlib\nbefore = matplotlib.rcParams.copy()\n"
        "from bpnet import plots\nfrom bpnet.history import History\n"
        "h = History({'epoch': [1, 2], 'train_cost': [1.0, 0.5], 'train_accuracy': [0.5, 1.0]})\n"
        "s = plots.RunSubject('r', h, len, None, None, (), (), {})\n"
        "plots.render(plots.draw('curves', [s]), 'svg')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\nassert matplotlib.rcParams.copy() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_users_own_style_does_not_leak_into_a_picture(blobs):
    plain = plots.render(plots.draw("curves", [subject(blobs)]), "svg")
    with matplotlib.rc_context({"figure.facecolor": "black", "lines.linewidth": 9, "font.size": 20}):
        assert plots.render(plots.draw("curves", [subject(blobs)]), "svg") == plain
