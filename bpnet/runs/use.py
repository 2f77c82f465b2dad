"""A finished run put to use: measured on other data, asked about new examples, its gradient checked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import datasets, metrics, training
from bpnet.checkpoint import Model
from bpnet.config import Config
from bpnet.errors import DataError, UsageError
from bpnet.examples import Dataset, encode, one_hot
from bpnet.gradcheck import GradientCheck, check
from bpnet.runs.folder import RunFolder, open_run
from bpnet.runs.prepare import prepare
from bpnet.runs.train import measure_parts

Array = NDArray[Any]

CHECKED_EXAMPLES = 8


def evaluate(run: Path, file: Path | None = None) -> dict[str, dict[str, Any]]:
    """Cost, error and accuracy (or R2) of a run's model: on the parts of its own data, or on a CSV or npz file.

    A file has the run's features and targets; it is measured as one part, `file`, without penalties.

    Raises:
        DataError: no run there, or a file that cannot be read as its data.
        UsageError: a file of a kind that holds no targets.
    """
    folder = open_run(run)
    model = folder.model()
    if file is None:
        prepared = prepare(folder.config())
        return measure_parts(replace(prepared, model=model))
    data = _labelled(folder, model, file)
    return {"file": training.measure(model.network, data)}


def predict(run: Path, file: Path) -> list[dict[str, Any]]:
    """What a run's model says about each example of a CSV, npz, IDX or PNG file, in order.

    Classes give `example`, `predicted` and `confidence`; quantities `example` and one entry per output.

    Raises:
        DataError: no run there, or a file that does not hold such examples.
        UsageError: a file of a kind that cannot be read.
    """
    folder = open_run(run)
    model = folder.model()
    outputs = model.predict(_inputs(folder, model, file).astype(model.network.dtype))
    if not model.classes:
        names = ["predicted"] if outputs.shape[1] == 1 else [f"predicted_{k}" for k in range(1, outputs.shape[1] + 1)]
        return [{"example": n} | dict(zip(names, map(float, row), strict=True)) for n, row in enumerate(outputs, 1)]
    found = zip(metrics.labels(outputs), metrics.confidence(outputs), strict=True)
    return [
        {"example": n, "predicted": model.classes[label], "confidence": float(sure)}
        for n, (label, sure) in enumerate(found, 1)
    ]


def check_gradient(config: Config) -> GradientCheck:
    """Backprop against differences for the network of a config at its first weights, on eight training examples."""
    prepared = prepare(config)
    some = prepared.splits.train.take(slice(0, CHECKED_EXAMPLES))
    return check(prepared.network, some.x.T, some.y.T)


def _labelled(folder: RunFolder, model: Model, file: Path) -> Dataset:
    """A file of examples with targets, its classes numbered as the model's and its columns scaled as in training."""
    if file.suffix not in LABELLED:
        raise UsageError(f"{file}: evaluate reads {' and '.join(LABELLED)} files; give one of these")
    name = LABELLED[file.suffix]
    config = folder.config().data
    options = {key: value for key, value in config.options.items() if key != "path"} if config.name == name else {}
    if name == "csv":
        options["task"] = "classes" if model.classes else "quantity"
    data = datasets.load(name, path=str(file), **options)
    if data.n_in != model.network.sizes[0]:
        raise DataError(f"{file}: {data.n_in} features where the model takes {model.network.sizes[0]}")
    if bool(data.classes) != bool(model.classes):
        kinds = ("classes", "quantities") if model.classes else ("quantities", "classes")
        raise DataError(f"{file}: the model tells {kinds[0]} and the targets are {kinds[1]}; name the right target")
    x = model.scaling.apply(data.x) if model.scaling else data.x
    if not model.classes:
        return replace(data, x=x, y=model.target_scaling.apply(data.y) if model.target_scaling else data.y)
    strangers = [label for label in data.classes if label not in model.classes]
    if strangers:
        raise DataError(f"{file}: class {strangers[0]!r} is none of the model's, {', '.join(model.classes)}")
    numbers = np.array([model.classes.index(label) for label in data.classes])[data.labels]
    k = len(model.classes)
    y = one_hot(numbers, k) if model.network.sizes[-1] == k else encode(numbers, k)
    return replace(data, x=x, y=y, classes=model.classes)


def _inputs(folder: RunFolder, model: Model, file: Path) -> Array:
    """The examples of a file as rows in the units of the run's data."""
    reader = INPUTS.get(file.suffix) or (_from_idx if "ubyte" in file.name else None)
    if reader is None:
        raise UsageError(f"{file}: predict reads {', '.join(INPUTS)} and IDX files; give one of these")
    return reader(folder, model, file)


def _from_table(folder: RunFolder, model: Model, file: Path) -> Array:
    config = folder.config().data
    options = {key: config.options[key] for key in ("header", "delimiter") if key in config.options}
    return datasets.inputs(file, model.features, model.network.sizes[0], **options)


def _from_idx(folder: RunFolder, model: Model, file: Path) -> Array:
    images = datasets.read_idx(file)
    rows = images.reshape(len(images), -1)
    if rows.shape[1] != model.network.sizes[0]:
        raise DataError(f"{file}: pictures of {rows.shape[1]} pixels where the model takes {model.network.sizes[0]}")
    return rows / float(folder.config().data.options.get("divisor", 255))


def _from_png(folder: RunFolder, model: Model, file: Path) -> Array:
    if model.image is None:
        raise UsageError(f"{file}: this run was not trained on pictures; give a CSV file of its features")
    return datasets.read_digit(file, model.image)


LABELLED = {".csv": "csv", ".npz": "npz"}

INPUTS: dict[str, Callable[[RunFolder, Model, Path], Array]] = {
    ".csv": _from_table,
    ".npz": _from_table,
    ".idx": _from_idx,
    ".png": _from_png,
}
