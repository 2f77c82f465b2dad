"""What there is to train on, by name: each loader takes its options by keyword and returns a Dataset."""

import inspect
from collections.abc import Callable
from typing import TypedDict

from bpnet.data import Dataset
from bpnet.datasets.arrays import class_numbers
from bpnet.datasets.bundled import breast_cancer, diabetes, digits, iris, wine
from bpnet.datasets.files import csv, inputs, labelled, npz
from bpnet.datasets.idx import read_idx
from bpnet.datasets.mnist import mnist
from bpnet.datasets.npy import npy
from bpnet.datasets.picture import read_digit
from bpnet.datasets.sequences import adding, first_of_many, sequence_parity
from bpnet.datasets.toys import and_, blobs, circles, moons, or_, parity, polynomial, spirals, xor, xor3
from bpnet.errors import UsageError, did_you_mean, unknown

__all__ = ["DATASETS", "class_numbers", "describe", "inputs", "labelled", "load", "read_digit", "read_idx"]


class Description(TypedDict):
    """What `bpnet datasets` prints of a dataset: a sentence about it, and its options with their defaults, no seed."""

    about: str
    options: dict[str, str]


def load(name: str, **options: object) -> Dataset:
    """The dataset of that name; the options are those of its loader, such as ``load("moons", noise=0.2)``.

    Raises:
        UsageError: there is no such dataset or option, a required option is not given, or a value is out of range.
        DataError: a file is missing, damaged or of another kind.
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
            raise UsageError(f"dataset {name!r} needs the option {option!r}; give {option}=...")
    return DATASETS[name](**options)


def describe() -> dict[str, Description]:
    """Describe every dataset, by name."""
    descriptions: dict[str, Description] = {}
    for name, loader in DATASETS.items():
        options = {
            option: "required" if parameter.default is parameter.empty else f"default {parameter.default!r}"
            for option, parameter in inspect.signature(loader).parameters.items()
            if option != "seed"
        }
        descriptions[name] = {"about": (inspect.getdoc(loader) or "").partition("\n")[0], "options": options}
    return descriptions


DATASETS: dict[str, Callable[..., Dataset]] = {
    "xor": xor,
    "xor3": xor3,
    "and": and_,
    "or": or_,
    "parity": parity,
    "polynomial": polynomial,
    "moons": moons,
    "circles": circles,
    "blobs": blobs,
    "spirals": spirals,
    "sequence-parity": sequence_parity,
    "adding": adding,
    "first-of-many": first_of_many,
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "digits": digits,
    "diabetes": diabetes,
    "mnist": mnist,
    "csv": csv,
    "npz": npz,
    "npy": npy,
}
