"""What a training came to: the final network measured on every part of the data, and the best epochs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bpnet import metrics
from bpnet.experiment import Experiment
from bpnet.history import History, Row
from bpnet.network import Network
from bpnet.second_order import is_finished
from bpnet.training import State

Status = Literal["running", "done", "failed", "diverged", "interrupted"]


@dataclass(frozen=True)
class Summary:
    """What summary.json holds of a training.

    `parameters` is how many weights and biases there are. `parts` has the measures of train, validation and test, as
    far as there are such parts; `best` for validation and test the epoch with the best score. `stopped_by` says what
    ended the training, `weights` whether the model has the last weights or the best.
    """

    run: Path
    name: str
    status: Status
    epochs: int
    seconds: float
    layers: tuple[int, ...]
    parameters: int
    cost: str
    stopped_by: str
    weights: Literal["best", "last"]
    parts: dict[str, Row]
    best: dict[str, Row]

    def as_json(self) -> dict[str, object]:
        """The content of summary.json: the fields by name, each part of `parts` among them."""
        fields = vars(self) | {"run": str(self.run), "layers": list(self.layers)} | self.parts
        return {name: value for name, value in fields.items() if name != "parts"}


def summarise(path: Path, experiment: Experiment, state: State, status: Status, as_measured: bool) -> Summary:
    """The summary of a training that ended with this status, its network perhaps as the last epoch measured it."""
    network, history = experiment.network, state.history
    reason = "early stopping" if state.best is not None else "schedule"
    reason = "optimizer" if is_finished(experiment.settings.optimizer, state.memory) else reason
    reason = "epochs" if len(history) >= experiment.settings.epochs else reason
    return Summary(
        run=path,
        name=experiment.config.name,
        status=status,
        epochs=len(history),
        seconds=history.last().get("seconds", 0.0),
        layers=tuple(network.sizes),
        parameters=count_parameters(network),
        cost=network.cost.name,
        stopped_by=reason if status == "done" else status,
        weights="last" if state.best is None else "best",
        parts=experiment.measure(history.last() if as_measured else None),
        best=_best(experiment, history),
    )


def count_parameters(network: Network) -> int:
    """How many weights and biases a network has."""
    return sum(p.size for p in network.parameters.values())


def _best(experiment: Experiment, history: History) -> dict[str, Row]:
    """The epoch with the best score on validation and on test, where they were measured in every epoch."""
    score = metrics.score(experiment.dataset.kind)
    best: dict[str, Row] = {}
    for part in ("validation", "test"):
        column = f"{part}_{score}"
        if column in history and np.isfinite(history[column]).any():
            row = history.best(column)
            best[part] = {"epoch": row["epoch"], score: row[column]}
    return best
