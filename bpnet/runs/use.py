"""A finished training put to use: measured on its own data or on a file of examples, and asked about new ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet import datasets, metrics, training
from bpnet import experiment as experiments
from bpnet.data import Array, Dataset, one_hot, portions
from bpnet.datasets.arrays import check_axes
from bpnet.datasets.examples import encode
from bpnet.errors import DataError, UsageError
from bpnet.history import Row
from bpnet.model import Model
from bpnet.model.answers import confidence
from bpnet.recurrent import RecurrentNetwork
from bpnet.runs.folder import RunFolder, open_run

Options = Mapping[str, Any]  # options of a dataset by name, as a config holds them

STDIN = (Path("-"), Path("/dev/stdin"))
WHITE = 255  # the largest grey level of an unsigned byte: what IDX pixels are divided by where the run says nothing


def evaluate(
    run: str | Path,
    file: str | Path | None = None,
    *,
    data: str | Path | None = None,
    targets: str | Path | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
) -> dict[str, Row]:
    """Cost, error and accuracy (or R2) of a run's model: on the parts of its own data, or on a CSV, npz or .npy file.

    A file has the run's features and targets, its columns taken by name where a header gives the names of training;
    it is measured as one part, `file`, without penalties. An .npy file has the inputs alone; `targets` is another with
    what was wanted. Where the run's own data have moved, `data` is their path (the folder, where they are two files).
    `header` and `delimiter` say how a CSV file is written; None is as the run's data were.

    Raises:
        DataError: no run there, or a file that cannot be read as its data.
        UsageError: a run that is no training, a file of a kind that holds no targets, or data of the run that are no
            longer those of training.
    """
    folder = open_run(run, "training")
    if (targets is not None) != (file is not None and Path(file).suffix == ".npy"):
        raise UsageError(f"{file or run}: an .npy file and one of its targets belong together; give both, or neither")
    if file is None:
        return _measure_own_data(folder, data)
    if data is not None:
        raise UsageError(f"{file}: a file to measure on and the path of the run's own data; give one of the two")
    model = folder.model()
    options = _reading_options(folder, ("header", "delimiter", "x", "y", "divisor"), header, delimiter)
    options = {**options, "targets": None if targets is None else Path(targets)}
    return {"file": training.measure(model.network, _labelled(folder, model, Path(file), options))}


def predict(
    run: str | Path, file: str | Path, *, header: bool | None = None, delimiter: str | None = None
) -> list[dict[str, str | int | float | None]]:
    """What a run's model says about each example of a CSV, npz, npy, IDX or PNG file, in order; - is CSV on stdin.

    Classes give `example`, `predicted` and `confidence`, both None where an output is not finite, which means no class;
    quantities `example` and one entry per output. `header` and `delimiter` say how a CSV file is written; None is as
    the run's data were.

    Raises:
        DataError: no run there, or a file that does not hold such examples.
        UsageError: a run that is no training, or a file of a kind that cannot be read.
    """
    folder = open_run(run, "training")
    model, file = folder.model(), Path(file)
    reader = INPUTS.get(_suffix(file)) or (_from_idx if "ubyte" in file.name else None)
    if reader is None:
        raise UsageError(f"{file}: predict reads {', '.join(INPUTS)} and IDX files; give one of these")
    rows = reader(model, file, _reading_options(folder, ("header", "delimiter", "x", "divisor"), header, delimiter))
    with np.errstate(over="ignore", invalid="ignore"):  # an output that is not finite is answered by None
        outputs = np.concatenate([model.predict(part.astype(model.network.dtype)) for part in portions(rows)])
    columns = _classes(model, outputs) if model.classes else _quantities(outputs)
    answers = zip(*columns.values(), strict=True)
    return [{"example": n} | dict(zip(columns, answer, strict=True)) for n, answer in enumerate(answers, 1)]


def _classes(model: Model, outputs: Array) -> dict[str, list[Any]]:
    """The class of each example and how sure the network is, None for both where an output is not finite."""
    words = [None if label == metrics.NO_CLASS else model.classes[label] for label in metrics.labels(outputs)]
    sure = [share if np.isfinite(share) else None for share in confidence(outputs).tolist()]
    return {"predicted": words, "confidence": sure}


def _quantities(outputs: Array) -> dict[str, list[Any]]:
    """Each output by its name."""
    k = outputs.shape[1]
    return {"predicted" if k == 1 else f"predicted_{j + 1}": outputs[:, j].tolist() for j in range(k)}


def _measure_own_data(folder: RunFolder, moved: str | Path | None) -> dict[str, Row]:
    """The measures of each part of a run's data, which must be those of training; they may have moved to a path."""
    config = folder.config()
    if moved is not None:
        if not configs.paths(config.data):
            raise UsageError(f"{folder.path}: its data, {config.data.name!r}, come from no file; leave out their path")
        config = configs.changed(config, configs.moved(config, moved))
    for path in filter(None, configs.paths(config.data).values()):
        if not Path(path).exists():
            raise DataError(
                f"{path}: no such file, where this run's data should be; say where they are with --data PATH"
            )
    experiment = experiments.from_config(config)
    if experiment.data_sha256 != folder.record().get("data_sha256"):
        raise UsageError(
            f"{folder.path}: its data have changed since, so that its test part would hold examples it was trained on; "
            f"give the file to measure on, bpnet evaluate {folder.path} FILE"
        )
    return replace(experiment, model=folder.model()).measure()


def _labelled(folder: RunFolder, model: Model, file: Path, options: Options) -> Dataset:
    """A file of examples with targets, its classes numbered as the model's and its columns scaled as in training."""
    if _suffix(file) not in (".csv", ".npz", ".npy"):
        raise UsageError(f"{file}: evaluate reads .csv, .npz and .npy files; give one of these")
    target = folder.config().data.options.get("target")
    x, targets = datasets.labelled(
        file,
        model.features,
        model.network.sizes[0],
        target=model.target,
        column=-1 if target is None else target,
        quantity=not model.classes,
        axes=_axes(model),
        **options,
    )
    x = model.scaling.apply(x) if model.scaling else x
    return Dataset(x, _targets(model, targets, file), classes=model.classes, features=model.features, image=model.image)


def _targets(model: Model, targets: Array, file: Path) -> Array:
    """Targets (n, n_out) as the model's outputs stand: the number of a class as one-hot, a quantity scaled."""
    outputs, k = model.network.sizes[-1], len(model.classes)
    if model.classes:
        numbers = datasets.class_numbers(targets, model.classes, str(file))
        return one_hot(numbers, k) if outputs == k else encode(numbers, k)
    if targets.shape[1] != outputs:
        raise DataError(f"{file}: {targets.shape[1]} targets a row where the model gives {outputs}")
    return model.target_scaling.apply(targets) if model.target_scaling else targets


def _suffix(file: Path) -> str:
    """The ending that says what a file holds; standard input holds CSV."""
    return ".csv" if file in STDIN else file.suffix


def _reading_options(folder: RunFolder, names: Sequence[str], header: bool | None, delimiter: str | None) -> Options:
    """How to read a file: those options of the run's data, unless the caller says otherwise."""
    asked = {"header": header, "delimiter": delimiter}
    data = folder.config().data
    options = data.options | {name: value for name, value in asked.items() if value is not None}
    return {name: options[name] for name in names if name in options and name not in configs.paths(data)}


def _axes(model: Model) -> tuple[int, int] | None:
    """The two axes of an example in training: height and width, or steps and the inputs of each; None for a row."""
    network = model.network
    if model.image is None and isinstance(network, RecurrentNetwork):
        return network.steps, network.sizes[0] // network.steps
    return model.image


def _from_table(model: Model, file: Path, options: Options) -> Array:
    """The inputs in a CSV, npz or npy file."""
    return datasets.inputs(file, model.features, model.network.sizes[0], axes=_axes(model), **options)


def _from_idx(model: Model, file: Path, options: Options) -> Array:
    """The pictures in an IDX file, one a row."""
    images = datasets.read_idx(file)
    rows = images.reshape(len(images), -1)
    if rows.shape[1] != model.network.sizes[0]:
        raise DataError(f"{file}: pictures of {rows.shape[1]} pixels where the model takes {model.network.sizes[0]}")
    check_axes(images.shape, _axes(model), f"{file}:")
    return rows / float(options.get("divisor", WHITE))


def _from_png(model: Model, file: Path, options: Options) -> Array:
    """The picture of one digit, as a row."""
    if model.image is None:
        raise UsageError(f"{file}: this run was not trained on pictures; give a CSV file of its features")
    return datasets.read_digit(file, model.image)


INPUTS: dict[str, Callable[[Model, Path, Options], Array]] = {
    ".csv": _from_table,
    ".npz": _from_table,
    ".npy": _from_table,
    ".idx": _from_idx,
    ".png": _from_png,
}
