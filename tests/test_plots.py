"""The pictures: what is on each Axes, what is refused, and that the same run gives the same bytes."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from bpnet import plots
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.network import Network


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


def subject(blobs, **changes):
    network = Network([2, 5, 3])
    about = {
        "name": "run",
        "history": history(),
        "predict": network.predict,
        "first_weights": network.weights[0],
        "image": None,
        "classes": ("a", "b", "c"),
        "features": ("u", "v"),
        "arrays": {"points_x": blobs.x, "points_y": blobs.labels, "confusion": np.eye(3, dtype=int) * 7},
    }
    return plots.Subject(**(about | changes))


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
            "mistakes_confidence": np.linspace(1, 0.4, k),
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
    assert labels_of(ax) == ["one, train", "one, validation", "two, train", "two, validation"]
    colours = [line.get_color() for line in ax.lines]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle(), "told apart in grey too"


@pytest.mark.parametrize("epochs", [1, 2, 20000])
def test_histories_of_any_length_are_drawn(blobs, epochs):
    one = History({name: np.linspace(1, 0.5, epochs) for name in ("train_cost", "train_accuracy")})
    one.columns["epoch"] = list(range(1, epochs + 1))
    assert plots.render(plots.draw("curves", [subject(blobs, history=one)]), "png").startswith(b"\x89PNG")


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


def test_the_boundary_shows_every_point_and_the_line_where_the_class_changes(blobs):
    def predict(rows):
        return 1 / (1 + np.exp(-20 * rows[:, :1]))

    ax = plots.decision_boundary(axes(), predict, blobs.x, (blobs.x[:, 0] > 0).astype(int), ["no", "yes"], ["u", "v"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "v")
    assert labels_of(ax) == ["no", "yes"]
    drawn = np.concatenate([points.get_offsets() for points in ax.collections[-2:]])
    assert len(drawn) == len(blobs)
    line = np.concatenate(ax.collections[0].get_paths()[0].to_polygons(closed_only=False))
    np.testing.assert_allclose(line[:, 0], 0, atol=0.02)
    assert ax.get_legend().get_bbox_to_anchor() is not None


def test_the_confusion_matrix_has_true_rows_and_predicted_columns():
    ax = plots.confusion_matrix(axes(), np.array([[5, 2], [0, 3]]), ["cat", "dog"])
    texts = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in ax.texts}
    assert texts == {(0, 0): "5", (0, 1): "2", (1, 0): "0", (1, 1): "3"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert "8 of 10 right" in title(ax)


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
    assert [text.get_text() for text in ax.texts][:2] == ["a, said b", "100.0% sure"]
    assert "5 most confident mistakes among 1000" in title(ax)


def test_no_mistakes_are_a_picture_too(blobs):
    ax = plots.draw("mistakes", [subject(blobs, **pictures_of_digits(0))]).axes[0]
    assert title(ax) == "No mistakes among the 1000 examples"


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_run_gives_the_same_bytes(blobs, suffix):
    first, second = (plots.render(plots.draw("overview", [subject(blobs)]), suffix) for _ in range(2))
    assert first == second


def test_only_what_fits_is_offered_and_the_rest_refused_with_the_reason(blobs):
    assert plots.available(subject(blobs)) == ["curves", "overview", "boundary", "confusion"]
    plain = subject(blobs, arrays={}, history=history(score="r2"))
    assert plots.available(plain) == ["curves"]
    with pytest.raises(UsageError, match="needs classes and two features; it has curves"):
        plots.draw("boundary", [plain])
    with pytest.raises(UsageError, match="did you mean 'confusion'"):
        plots.draw("confusoin", [plain])
    with pytest.raises(UsageError, match="shows one run"):
        plots.draw("boundary", [plain, plain])


def test_drawing_never_loads_pyplot_nor_changes_the_global_style():
    code = (
        "import sys, matplotlib\nbefore = matplotlib.rcParams.copy()\n"
        "from bpnet import plots\nfrom bpnet.history import History\n"
        "h = History({'epoch': [1, 2], 'train_cost': [1.0, 0.5], 'train_accuracy': [0.5, 1.0]})\n"
        "s = plots.Subject('r', h, len, None, None, (), (), {})\n"
        "plots.render(plots.draw('curves', [s]), 'svg')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\nassert matplotlib.rcParams.copy() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
