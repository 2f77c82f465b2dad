"""The picture of delta over time: from a run and from a comparison, and why it fits no other."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bpnet import comparison, plots, runs
from bpnet.errors import UsageError
from bpnet.history import History
from bpnet.plots.curves import monitor_curves
from bpnet.plots.subjects import OverTime, over_steps
from bpnet.plots.time import EARLY_TO_LATE, MOST_LINES, time_curves
from bpnet.training import measure_layers

pytestmark = pytest.mark.usefixtures("elsewhere")

SMALL = ["train.epochs=2", "network.hidden=[5, 4]", "data.length=6", "data.samples=100", "train.batch_size=20"]


@pytest.fixture
def run():
    runs.train("sequence-parity", sets=[*SMALL, "train.monitor=[delta_norm, saturation, slope]"], out="run")
    return runs.load_subject("run")


def curves(panel, last=10):
    return time_curves(Figure().subplots(), panel, 1, last)


def test_monitors_have_a_column_for_each_time_step_and_for_the_whole_layer():
    from bpnet import config, experiment

    ready = experiment.from_config(config.load("sequence-parity", SMALL))
    row = measure_layers(ready.network, ready.splits.train, ["delta_norm", "saturation", "slope", "gradient_norm"])
    layers = ["1", *(f"1_t{t}" for t in range(1, 7)), "2", *(f"2_t{t}" for t in range(1, 7)), "output"]
    assert [name for name in row if name.startswith("delta_norm")] == [f"delta_norm_{layer}" for layer in layers]
    for name in ("saturation", "slope"):
        steps = [row[f"{name}_1_t{t}"] for t in range(1, 7)]
        assert row[f"{name}_1"] == pytest.approx(np.mean(steps))
    assert [name for name in row if name.startswith("gradient_norm")] == [
        f"gradient_norm_{k}" for k in (1, 2, "output")
    ]


def test_a_history_gives_the_steps_of_each_layer_in_order():
    columns = {f"delta_norm_1_t{t}": [float(t), 10.0 * t] for t in range(1, 13)}
    history = History({"epoch": [1, 2], "delta_norm_1": [0.0, 0.0], **columns, "delta_norm_output": [0.0, 0.0]})
    ((layer, norms),) = over_steps(history, "delta_norm").items()
    assert layer == "1"
    np.testing.assert_array_equal(norms, np.outer([1, 10], np.arange(1, 13)))
    assert over_steps(history, "slope") == {}


def test_a_run_has_a_panel_a_layer_and_a_line_an_epoch(run):
    figure = plots.draw("time", [run])
    panels = [ax for ax in figure.axes if ax.get_yscale() == "log"]
    assert [ax.get_title(loc="left") for ax in panels] == ["layer 1", "layer 2"]
    for ax, layer in zip(panels, (1, 2), strict=True):
        assert len(ax.lines) == 2
        for epoch, line in enumerate(ax.lines):
            drawn = [run.history[f"delta_norm_{layer}_t{t}"][epoch] for t in range(1, 7)]
            np.testing.assert_array_equal(line.get_ydata(), drawn)
            np.testing.assert_array_equal(line.get_xdata(), range(1, 7))


def test_the_colour_bar_begins_at_the_first_epoch_that_is_drawn(run):
    *_, bar = plots.draw("time", [run]).axes
    assert bar.get_ylim() == (1, 2)
    assert [text.get_text() for text in bar.get_yticklabels()] == ["1", "2"]


def test_a_single_epoch_is_dark_and_has_no_colour_bar():
    runs.train("sequence-parity", sets=[*SMALL, "train.epochs=1", "train.monitor=[delta_norm]"], out="one")
    panels = plots.draw("time", [runs.load_subject("one")]).axes
    assert [ax.get_yscale() for ax in panels] == ["log", "log"]
    assert panels[0].lines[0].get_color() == EARLY_TO_LATE(1.0)


def test_training_draws_it_beside_the_curves(run):
    assert runs.open_run("run").path.joinpath("time.png").is_file()
    runs.train("sequence-parity", sets=[*SMALL, "train.monitor=[]"], out="plain")
    assert not runs.open_run("plain").path.joinpath("time.png").exists()


def test_the_panel_of_monitors_shows_the_layers_and_not_the_steps(run):
    ax = monitor_curves(Figure().subplots(), run.history, "delta_norm")
    assert [line.get_label() for line in ax.lines] == ["hidden 1", "hidden 2", "output"]


def test_a_comparison_has_a_row_a_cost_and_a_column_a_condition():
    sets, vary = [*SMALL, "train.epochs=1"], {"network.init": ["default", "orthogonal", "identity"]}
    subject = comparison.compare(["mse", "ce"], "sequence-parity", sets=sets, seeds=3, vary=vary).subject()
    panels = [ax for ax in plots.draw("time", [subject]).axes if ax.get_yscale() == "log"]
    titles = [f"{cost}, init = {init}" for cost in ("mse", "ce") for init in vary["network.init"]]
    assert [ax.get_title(loc="left") for ax in panels] == titles
    history = subject.histories[1][0]
    medians = [np.median(history[f"delta_norm_1_t{t}"][0]) for t in range(1, 7)]
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), medians)


def test_a_delta_of_0_is_a_gap_and_many_epochs_are_some_lines():
    norms = np.tile([0.0, 0.5, 1.0], (500, 1))
    ax = curves(OverTime("layer 1", np.arange(1, 501), norms), 500)
    assert len(ax.lines) == MOST_LINES
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), [np.nan, 0.5, 1.0])


def test_a_run_without_time_steps_is_refused_with_the_reason():
    runs.train("xor", sets=["train.epochs=1", "train.monitor=[delta_norm]"], out="xor")
    with pytest.raises(UsageError, match="it recorded no time steps"):
        plots.draw("time", [runs.load_subject("xor")])


def test_a_row_of_an_image_is_no_image_of_weights():
    runs.train("digits-rows", sets=["train.epochs=1", "network.hidden=[4]"], out="rows")
    subject = runs.load_subject("rows")
    assert "weights" not in plots.available(subject)
    assert "mistakes" in plots.available(subject)
    with pytest.raises(UsageError, match="sees an image row by row"):
        plots.draw("weights", [subject])
    with pytest.raises(UsageError, match="this run has 64 features"):
        plots.draw("boundary", [subject])
