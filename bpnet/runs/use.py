"""A finished run put to use: measured on other data, asked about new examples, its gradient checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bpnet import datasets, metrics, training
from bpnet.config import Config
from bpnet.data import Dataset, encode, one_hot
from bpnet.errors import DataError, UsageError
from bpnet.gradcheck import GradientCheck, check
from bpnet.model import Model
from bpnet.runs.folder import RunFolder, open_run
from bpnet.runs.prepare import prepare
from bpnet.runs.train import measure_parts

Array = NDArray[Any]

CHECKED_EXAMPLES = 8


def evaluate(
    run: str | Path,
    file: str | Path | None = None,
    data: str | Path | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Cost, error and accuracy (or R2) of a run's model: on the parts of its own data, or on a CSV or npz file.

    A file has the run's features and targets, its columns taken by name where a header gives the names of training;
    it is measured as one part, `file`, without penalties. Where the run's own data have moved, `data` is their path.
    `header` and `delimiter` say how a CSV file is written; None is as the run's data were.

    Raises:
        DataError: no run there, or a file that cannot be read as its data.
        UsageError: a file of a kind that holds no targets, or data of the run that are no longer those of training.
    """
    folder = open_run(run)
    if file is None:
        return _on_its_own_data(folder, data)
    if data is not None:
        raise UsageError(f"{file}: a file to measure on and the place of the run's own data; give one of the two")
    model = folder.model()
    return {"file": training.measure(model.network, _labelled(folder, model, Path(file), _spelling(header, delimiter)))}


def predict(
    run: str | Path, file: str | Path, header: bool | None = None, delimiter: str | None = None
) -> list[dict[str, Any]]:
    """What a run's model says about each example of a CSV, npz, IDX or PNG file, in order; - is CSV on standard input.

    Classes give `example`, `predicted` and `confidence`; quantities `example` and one entry per output. `header` and
    `delimiter` say how a CSV file is written; None is as the run's data were.

    Raises:
        DataError: no run there, or a file that does not hold such examples.
        UsageError: a file of a kind that cannot be read.
    """
    folder = open_run(run)
    model = folder.model()
    rows = _inputs(folder, model, Path(file), _spelling(header, delimiter))
    outputs = model.predict(rows.astype(model.network.dtype))
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


def _on_its_own_data(folder: RunFolder, moved: str | Path | None) -> dict[str, dict[str, Any]]:
    """The measures of each part of a run's data, which must be the ones it was trained on."""
    prepared = prepare(_where_they_are(folder, moved))
    if prepared.data_sha256 != folder.record().get("data_sha256"):
        raise UsageError(
            f"{folder.path}: its data have changed since, so that its test part would hold examples it was trained on; "
            f"give the file to measure on, bpnet evaluate {folder.path} FILE"
        )
    return measure_parts(replace(prepared, model=folder.model()))


def _where_they_are(folder: RunFolder, moved: str | Path | None) -> Config:
    """A run's config with the path of its data that holds today."""
    config = folder.config()
    if moved is not None and "path" not in config.data.options:
        raise UsageError(f"{folder.path}: its data, {config.data.name!r}, come from no file; leave out their path")
    path = config.data.options.get("path") if moved is None else str(Path(moved).absolute())
    if path is None:
        return config
    if not Path(path).exists():
        raise DataError(f"{path}: no such file, where this run's data should be; say where they are with --data PATH")
    return config.model_copy(update={"data": config.data.model_copy(update={"path": path})})


def _spelling(header: bool | None, delimiter: str | None) -> dict[str, Any]:
    """How a CSV file is written, as far as it was said."""
    said = {"header": header, "delimiter": delimiter}
    return {name: value for name, value in said.items() if value is not None}


def _labelled(folder: RunFolder, model: Model, file: Path, spelling: dict[str, Any]) -> Dataset:
    """A file of examples with targets, its classes numbered as the model's and its columns scaled as in training."""
    suffix = _suffix(file)
    if suffix not in LABELLED:
        raise UsageError(f"{file}: evaluate reads {' and '.join(LABELLED)} files; give one of these")
    data = folder.config().data
    target = data.options.get("target")
    x, found = datasets.labelled(
        file,
        model.features,
        model.network.sizes[0],
        target=model.target,
        column=-1 if target is None else target,
        quantity=not model.classes,
        **_options(data.options, ("header", "delimiter", "x", "y")) | spelling,
    )
    x = model.scaling.apply(x) if model.scaling else x
    return Dataset(x, _targets(model, found, file), classes=model.classes, features=model.features, image=model.image)


def _targets(model: Model, found: Array, file: Path) -> Array:
    """Targets (n, n_out) as the model's outputs stand: the number of a class as one-hot, a quantity scaled."""
    outputs, k = model.network.sizes[-1], len(model.classes)
    if model.classes:
        numbers = datasets.class_numbers(found, model.classes, str(file))
        return one_hot(numbers, k) if outputs == k else encode(numbers, k)
    if found.shape[1] != outputs:
        raise DataError(f"{file}: {found.shape[1]} targets a row where the model gives {outputs}")
    return model.target_scaling.apply(found) if model.target_scaling else found


def _inputs(folder: RunFolder, model: Model, file: Path, spelling: dict[str, Any]) -> Array:
    """The examples of a file as rows in the units of the run's data."""
    reader = INPUTS.get(_suffix(file)) or (_from_idx if "ubyte" in file.name else None)
    if reader is None:
        raise UsageError(f"{file}: predict reads {', '.join(INPUTS)} and IDX files; give one of these")
    return reader(folder, model, file, spelling)


def _suffix(file: Path) -> str:
    """The ending that says what a file holds; standard input holds CSV."""
    return ".csv" if file in STDIN else file.suffix


def _options(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Those options of a run's data that they have, and the divisor of their grey levels."""
    return {name: options[name] for name in names if name in options} | {"divisor": float(options.get("divisor", 1))}


def _from_table(folder: RunFolder, model: Model, file: Path, spelling: dict[str, Any]) -> Array:
    options = _options(folder.config().data.options, ("header", "delimiter", "x")) | spelling
    return datasets.inputs(file, model.features, model.network.sizes[0], **options)


def _from_idx(folder: RunFolder, model: Model, file: Path, spelling: dict[str, Any]) -> Array:
    images = datasets.read_idx(file)
    rows = images.reshape(len(images), -1)
    if rows.shape[1] != model.network.sizes[0]:
        raise DataError(f"{file}: pictures of {rows.shape[1]} pixels where the model takes {model.network.sizes[0]}")
    return rows / float(folder.config().data.options.get("divisor", 255))


def _from_png(folder: RunFolder, model: Model, file: Path, spelling: dict[str, Any]) -> Array:
    if model.image is None:
        raise UsageError(f"{file}: this run was not trained on pictures; give a CSV file of its features")
    return datasets.read_digit(file, model.image)


STDIN = (Path("-"), Path("/dev/stdin"))

LABELLED = (".csv", ".npz")

INPUTS: dict[str, Callable[[RunFolder, Model, Path, dict[str, Any]], Array]] = {
    ".csv": _from_table,
    ".npz": _from_table,
    ".idx": _from_idx,
    ".png": _from_png,
}
