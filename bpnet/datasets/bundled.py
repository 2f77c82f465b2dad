"""The small real data that scikit-learn brings along; none of it is downloaded.

scikit-learn takes a second to load, so each function imports it when called: who trains on XOR does not wait for it.
"""

from typing import Any

import numpy as np

from bpnet.data import Dataset, encode


def iris() -> Dataset:
    """150 irises of three species, four measures in cm (Fisher 1936)."""
    from sklearn.datasets import load_iris  # slow to load: see above

    return _classified(load_iris())


def wine() -> Dataset:
    """178 wines of three growers, thirteen chemical measures in their own units (Forina 1991)."""
    from sklearn.datasets import load_wine  # slow to load: see above

    return _classified(load_wine())


def breast_cancer() -> Dataset:
    """569 tumours, malignant (0) or benign (1), thirty measures of their cell nuclei (Wolberg 1995)."""
    from sklearn.datasets import load_breast_cancer  # slow to load: see above

    return _classified(load_breast_cancer())


def digits() -> Dataset:
    """1,797 handwritten digits of 8 x 8 pixels, grey levels divided by 16 to lie from 0 to 1 (Alpaydin 1998)."""
    from sklearn.datasets import load_digits  # slow to load: see above

    return _classified(load_digits(), divisor=16, image=(8, 8))


def diabetes() -> Dataset:
    """442 patients, ten measures each, and how far their diabetes had gone a year later, 25 to 346 (Efron 2004).

    The measures stand in their own units, years and mg/dl, not as scikit-learn scales them by default: it uses all
    rows to do so, those to be tested on too. Scale them by the training set instead.
    """
    from sklearn.datasets import load_diabetes  # slow to load: see above

    bunch = load_diabetes(scaled=False)
    return Dataset(bunch.data, bunch.target[:, np.newaxis], features=_names(bunch.feature_names))


def _classified(bunch: Any, divisor: float = 1, image: tuple[int, int] | None = None) -> Dataset:
    classes = _names(bunch.target_names)
    y = encode(bunch.target, len(classes))
    return Dataset(bunch.data / divisor, y, classes=classes, features=_names(bunch.feature_names), image=image)


def _names(names: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in names)
