"""What there is to train on, by name: each loader takes its options by keyword and returns a Dataset."""

import inspect
from collections.abc import Callable
from typing import Any

from bpnet.data import Dataset
from bpnet.datasets.bundled import breast_cancer, diabetes, digits, iris, wine
from bpnet.datasets.files import csv, npz
from bpnet.datasets.idx import read_idx
from bpnet.datasets.matching import inputs, labelled
from bpnet.datasets.mnist import mnist
from bpnet.datasets.picture import read_digit
from bpnet.datasets.targets import class_numbers
from bpnet.datasets.toys import and_, blobs, circles, moons, or_, parity, spirals, xor
from bpnet.errors import UsageError, did_you_mean, unknown

__all__ = ["DATASETS", "class_numbers", "describe", "inputs", "labelled", "load", "read_digit", "read_idx"]


def load(name: str, **options: Any) -> Dataset:
    """The dataset of that name; the options are those of its loader, such as ``load("moons", noise=0.2)``.

    Raises:
        UsageError: no such dataset, no such option, an option left out, or a value that makes no sense.
        DataError: a file that is missing, damaged or not what it was taken for.
    """
    if name not in DATASETS:
        raise unknown("dataset", name, DATASETS)
    parameters = inspect.signature(DATASETS[name]).parameters
    for option in options:
        if option not in parameters:
            remedy = did_you_mean(option, parameters) if parameters else "it takes none"
            raise UsageError(f"dataset {name!r} has no option {option!r}; {remedy}")
    for option, parameter in parameters.items():
        if parameter.default is parameter.empty and option not in options:
            raise UsageError(f"dataset {name!r} needs the option {option!r}")
    return DATASETS[name](**options)


def describe() -> dict[str, dict[str, Any]]:
    """For each dataset what it is (`about`, a sentence) and its `options`, each with its default."""
    return {
        name: {"about": (inspect.getdoc(loader) or "").partition("\n")[0], "options": _options(loader)}
        for name, loader in DATASETS.items()
    }


def _options(loader: Callable[..., Dataset]) -> dict[str, str]:
    parameters = inspect.signature(loader).parameters
    return {
        option: "required" if parameter.default is parameter.empty else f"default {parameter.default!r}"
        for option, parameter in parameters.items()
        if option != "seed"
    }


DATASETS: dict[str, Callable[..., Dataset]] = {
    "xor": xor,
    "and": and_,
    "or": or_,
    "parity": parity,
    "moons": moons,
    "circles": circles,
    "blobs": blobs,
    "spirals": spirals,
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "digits": digits,
    "diabetes": diabetes,
    "mnist": mnist,
    "csv": csv,
    "npz": npz,
}
