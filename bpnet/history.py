"""What a training measured, epoch by epoch: named columns of equal length."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.metrics import MEASURES

Row = dict[str, Any]


@dataclass
class History:
    """Columns by name, one entry per epoch: a float, or one number per replica.

    `epoch` counts from 1; then `learning_rate`, `seconds` since training began, `train_cost`, `train_error`,
    `train_accuracy` (classes) or `train_r2` (quantities), the same for `validation_`, and the monitors of each layer,
    of a recurrent one in each time step too (`delta_norm_1_t7`).
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

    def last(self) -> Row:
        """The newest epoch, or nothing before the first."""
        return {name: values[-1] for name, values in self.columns.items() if values}

    def best(self, name: str) -> Row:
        """The first epoch at which a column was best: the highest of an accuracy or R2, the lowest of all others."""
        higher = any(name.endswith(measure) for measure, entry in MEASURES.items() if entry.higher_is_better)
        index = np.nanargmax(self[name]) if higher else np.nanargmin(self[name])
        return {key: values[index] for key, values in self.columns.items()}
