"""The pictures of a training: what they show is kept when it ends, so that each can be drawn again from the folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bpnet import metrics
from bpnet.data import Array, Dataset, portions
from bpnet.errors import UsageError
from bpnet.experiment import Experiment
from bpnet.files import write
from bpnet.model import Model
from bpnet.model.answers import confidence, confusion
from bpnet.runs.folder import open_run

if TYPE_CHECKING:
    from bpnet.plots.subjects import RunSubject, Subject

PARTS = ("train", "validation", "test")  # in the order that a number in the file says
POINTS = 1000  # training examples drawn over a decision boundary; more hide each other
MISTAKES = 40  # pictures on a page of mistakes


def arrays(experiment: Experiment) -> dict[str, Array]:
    """What the pictures need besides curves and weights, from the test part, else validation, else train.

    `part`, which of PARTS that is, and `examples`, how many; `confusion` (k, k) for classes; `points_x` (n, 2) and
    `points_y` (n,) of the training part where there are two features; the most confidently wrong pictures as
    `mistakes_x` (k, pixels), `_true`, `_predicted` and `_output`, the network's largest.
    """
    model, splits = experiment.model, experiment.splits
    data = splits.present[splits.held_out]
    kept: dict[str, Array] = {"examples": np.array(len(data)), "part": np.array(PARTS.index(splits.held_out))}
    if not model.classes:
        return kept
    outputs = np.concatenate([model.network.predict(rows) for rows in portions(data.x)])
    kept["confusion"] = confusion(outputs, np.asarray(data.y))
    if data.n_in == 2:
        points = splits.train.take(slice(0, POINTS))
        kept |= {"points_x": _unscaled(model, points), "points_y": points.labels}
    if model.image:
        kept |= _mistakes(model, data, outputs)
    return kept


def _unscaled(model: Model, data: Dataset) -> Array:
    """The inputs in the units of the data, in memory."""
    x = np.asarray(data.x)
    return model.scaling.undo(x) if model.scaling else x


def _mistakes(model: Model, data: Dataset, outputs: Array) -> dict[str, Array]:
    """The examples that were classified wrongly with the most confidence, the worst first."""
    predicted, sure = metrics.labels(outputs), confidence(outputs)
    wrong = np.flatnonzero((predicted != data.labels) & (predicted != metrics.NO_CLASS))
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES]
    return {
        "mistakes_x": _unscaled(model, data.take(worst)),
        "mistakes_true": data.labels[worst],
        "mistakes_predicted": predicted[worst],
        "mistakes_output": outputs[worst].max(axis=1),
    }


def load_subject(path: str | Path) -> "RunSubject":
    """What the folder of a training offers its pictures. Raises what `open_run` raises for one that does not fit."""
    from bpnet.plots.subjects import RunSubject

    run = open_run(path, "training")
    model, kept = run.model(), run.arrays()
    return RunSubject(
        name=run.path.name,
        history=run.history(),
        predict=model.predict,
        first_weights=model.network.weights[0],
        image=model.image,
        classes=model.classes,
        features=model.features,
        arrays=kept,
        part=PARTS[int(kept["part"])] if "part" in kept else "",
        cost=model.network.cost.name,
        n_in=model.network.sizes[0],
    )


def write_figure(kind: str, subjects: Sequence["Subject"], out: Path) -> list[Path]:
    """Draw a picture of what one or several subjects offer and write it; returns the files.

    `out` with the ending .png or .svg is that file; without one, both are written.

    Raises:
        UsageError: a kind there is not, one that does not fit, an ending that is not drawn, or a folder that is not
            there or cannot be written.
    """
    from bpnet import plots

    _check_ending(out)
    return save_figure(plots.draw(kind, subjects), out)


def save_figure(figure: Any, out: Path) -> list[Path]:
    """Write a figure of matplotlib as `write_figure` does."""
    from bpnet import plots

    _check_ending(out)
    files = [out] if out.suffix else [out.with_name(f"{out.name}{ending}") for ending in (".png", ".svg")]
    for file in files:
        try:
            write(file, plots.render(figure, "svg" if file.suffix == ".svg" else "png"))
        except OSError as error:
            raise UsageError(f"{file}: cannot be written ({error.strerror}); name another folder") from error
    return files


def _check_ending(out: Path) -> None:
    """Refuse the name of a file that is no picture, and a folder's."""
    if out.name in ("", ".."):
        raise UsageError(f"{out}: names a folder; name a picture in it, such as {out / 'picture.png'}")
    if out.suffix not in ("", ".png", ".svg"):
        raise UsageError(f"{out}: pictures are written as .png or .svg; take one of these endings, or none for both")
