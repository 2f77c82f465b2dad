"""The small real datasets that are part of scikit-learn; none of them is downloaded.

All numbers are float64. Targets y are one-hot (n, k), (n, 1) of 0 and 1 for two classes, or (n, 1) quantities.
"""

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from bpnet.data import Dataset
from bpnet.datasets.examples import encode

if TYPE_CHECKING:
    from sklearn.utils import Bunch


def iris() -> Dataset:
    """150 irises of three species, four measures in cm (Fisher 1936)."""
    return _classified(_sklearn_datasets().load_iris())


def wine() -> Dataset:
    """178 wines of three growers, thirteen chemical measures in their own units (Forina 1991)."""
    return _classified(_sklearn_datasets().load_wine())


def breast_cancer() -> Dataset:
    """569 tumours, malignant (0) or benign (1), thirty measures of their cell nuclei (Wolberg 1995)."""
    return _classified(_sklearn_datasets().load_breast_cancer())


def digits() -> Dataset:
    """1,797 handwritten digits of 8 x 8 pixels, grey levels divided by 16 to lie from 0 to 1 (Alpaydin 1998)."""
    return _classified(_sklearn_datasets().load_digits(), divisor=16, image=(8, 8))


def diabetes() -> Dataset:
    """442 patients, ten measures each, and how far their diabetes had gone a year later, 25 to 346 (Efron 2004).

    The measures have their own units, such as years and mg/dl. scikit-learn scales them by default, but by all rows,
    the test rows too. Scale them by the training set instead.
    """
    bunch = _sklearn_datasets().load_diabetes(scaled=False)
    return Dataset(bunch.data, bunch.target[:, np.newaxis], features=tuple(map(str, bunch.feature_names)))


def _sklearn_datasets() -> ModuleType:
    """The module `sklearn.datasets`, imported only here: it takes a second, and XOR does not need it."""
    from sklearn import datasets

    return datasets


def _classified(bunch: "Bunch", divisor: float = 1, image: tuple[int, int] | None = None) -> Dataset:
    """One of scikit-learn's datasets of classes, its inputs divided by `divisor`."""
    classes = tuple(map(str, bunch.target_names))
    y = encode(bunch.target, len(classes))
    return Dataset(bunch.data / divisor, y, classes=classes, features=tuple(map(str, bunch.feature_names)), image=image)
