"""The pictures of a run: what they show is kept when it ends, so that each can be drawn again from the folder alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import metrics
from bpnet.data import Dataset, Splits
from bpnet.errors import UsageError
from bpnet.files import write
from bpnet.model import Model
from bpnet.runs.folder import open_run

Array = NDArray[Any]

PARTS = ("training", "validation", "test")
POINTS = 1000
MISTAKES = 40


def arrays(model: Model, splits: Splits) -> dict[str, Array]:
    """What the pictures need besides curves and weights, from the test part, else validation, else training.

    `part`, which of PARTS that is, and `examples`, how many; `confusion` (k, k) for classes; `points_x` (n, 2) and
    `points_y` (n,) of the training part where there are two features; the most confidently wrong pictures as
    `mistakes_x` (k, pixels), `_true`, `_predicted` and `_output`, the network's largest.
    """
    data = splits.test or splits.validation or splits.train
    part = [splits.train, splits.validation, splits.test].index(data)
    kept: dict[str, Array] = {"examples": np.array(len(data)), "part": np.array(part)}
    if not model.classes:
        return kept
    outputs = model.network.predict(data.x)
    kept["confusion"] = metrics.confusion(outputs, data.y)
    if data.n_in == 2:
        some = splits.train.take(slice(0, POINTS))
        kept |= {"points_x": _raw(model, some), "points_y": some.labels}
    if model.image:
        kept |= _mistakes(model, data, outputs)
    return kept


def _raw(model: Model, data: Dataset) -> Array:
    return model.scaling.undo(data.x) if model.scaling else data.x


def _mistakes(model: Model, data: Dataset, outputs: Array) -> dict[str, Array]:
    predicted = metrics.labels(outputs)
    confidence = metrics.confidence(outputs)
    wrong = np.flatnonzero(predicted != data.labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    return {
        "mistakes_x": _raw(model, data.take(worst)),
        "mistakes_true": data.labels[worst],
        "mistakes_predicted": predicted[worst],
        "mistakes_output": outputs[worst].max(axis=1),
    }


def subject(path: Path) -> Any:
    """What a run folder offers its pictures, as `plots.Subject`."""
    from bpnet import plots

    run = open_run(path)
    model, kept = run.model(), run.arrays()
    return plots.Subject(
        name=path.name,
        history=run.history(),
        predict=model.predict,
        first_weights=model.network.weights[0],
        image=model.image,
        classes=model.classes,
        features=model.features,
        arrays=kept,
        part=PARTS[int(kept["part"])] if "part" in kept else "",
        cost=model.network.cost.name,
    )


def available(path: Path) -> list[str]:
    """The kinds of picture that fit a run."""
    from bpnet import plots

    return plots.available(subject(path))


def draw(runs: Sequence[Path], kind: str, out: Path) -> list[Path]:
    """Draw a picture of one run, or of several over each other, and write it; returns the files.

    `out` with the ending .png or .svg is that file; without one, both are written.

    Raises:
        UsageError: a kind there is not, one that does not fit the run, an ending that is not drawn, or a folder that
            is not there or cannot be written.
        DataError: no run in a folder, or a damaged one.
    """
    from bpnet import plots

    if out.suffix not in ("", ".png", ".svg"):
        raise UsageError(f"{out}: pictures are written as .png or .svg; take one of these endings, or none for both")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such folder; make it first")
    figure = plots.draw(kind, [subject(path) for path in runs])
    files = [out] if out.suffix else [out.with_name(f"{out.name}.png"), out.with_name(f"{out.name}.svg")]
    for file in files:
        _write(file, plots.render(figure, "png" if file.suffix == ".png" else "svg"))
    return files


def _write(file: Path, content: bytes) -> None:
    try:
        write(file, content)
    except OSError as error:
        raise UsageError(
            f"{file.parent}: {file.name} cannot be written there ({error.strerror}); name another folder"
        ) from error
