"""What a run measured, epoch by epoch: named columns of equal length."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWER_IS_BETTER = ("cost", "error")


@dataclass
class History:
    """Columns by name, one entry per epoch: a float, or one number per replica.

    The first column is `epoch`, counted from 1; then `learning_rate`, `seconds` since the start of training,
    `train_cost`, `train_error`, `train_accuracy` (classes) or `train_r2` (quantities), the same for `validation_`,
    and the monitors, a column per layer (`saturation_1` is that of the first hidden layer).
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns.get("epoch", ()))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column as an array: (epochs,), or (epochs, replicas)."""
        return np.asarray(self.columns[name])

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def append(self, row: Mapping[str, Any]) -> None:
        """Add an epoch; every epoch has the same columns."""
        if self.columns and self.columns.keys() != row.keys():
            raise ValueError(f"an epoch with other columns: {sorted(self.columns.keys() ^ row.keys())}")
        for name, value in row.items():
            self.columns.setdefault(name, []).append(value)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The epochs in order, each as {column: value}."""
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(self.columns, values, strict=True))

    def last(self) -> dict[str, Any]:
        """The newest epoch, or nothing before the first."""
        return {name: values[-1] for name, values in self.columns.items() if values}

    def best(self, name: str) -> dict[str, Any]:
        """The first epoch at which a column was best: lowest for a cost or an error, highest for the others."""
        column = self[name]
        index = np.nanargmin(column) if name.endswith(LOWER_IS_BETTER) else np.nanargmax(column)
        return {key: values[index] for key, values in self.columns.items()}
