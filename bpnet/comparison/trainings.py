"""Finished trainings compared: when each reached a target, and where each ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import metrics
from bpnet.comparison.targets import parse_target
from bpnet.errors import UsageError
from bpnet.metrics import Target
from bpnet.runs import RunFolder, create, load_subject, open_run, write_figure


@dataclass(frozen=True)
class TrainingResult:
    """A finished training: its best score and when it was, and the epochs to the target, None for never."""

    run: Path
    cost: str
    epochs: int
    best: float
    best_epoch: int
    epochs_to_target: int | None


@dataclass(frozen=True)
class TrainingComparison:
    """Finished trainings, measured by a score on one part of their data, and by a target where there is one."""

    trainings: tuple[TrainingResult, ...]
    part: str
    score: str
    target: Target | None

    @property
    def verdict(self) -> str:
        """A line for each training."""
        lines = []
        for one in self.trainings:
            line = f"{one.run} ({one.cost}): best {self.part} {self.score} {one.best:.4g} in epoch {one.best_epoch}"
            if self.target is not None:
                when = f"in epoch {one.epochs_to_target}" if one.epochs_to_target else f"not in its {one.epochs} epochs"
                line += f"; {self.target} {when}"
            lines.append(line)
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """What summary.json holds; without a target there is no time to it."""
        rows = [vars(one) | {"run": str(one.run)} for one in self.trainings]
        for row in rows if self.target is None else ():
            del row["epochs_to_target"]
        target = None if self.target is None else str(self.target)
        return {"part": self.part, "target": target, "runs": rows, "verdict": self.verdict}

    def save(self, out: str | Path | None = None) -> Path:
        """Write summary.json and the curves over each other into a new folder; returns its path."""
        subjects = [load_subject(result.run) for result in self.trainings]
        folder = create(out, "compare-runs")
        folder.write_json("summary.json", {"run": str(folder.path), "status": "done", **self.as_json()})
        write_figure("curves", subjects, folder.path / "compare")
        return folder.path


def compare_trainings(runs: Sequence[str | Path], targets: Sequence[str] = ()) -> TrainingComparison:
    """Compare finished trainings on the validation part where all runs have one, else on the training part.

    Raises:
        UsageError: fewer than two runs, one that is no training, or runs with different kinds of target.
        DataError: no run in a folder, or a damaged one.
    """
    if len(runs) < 2:
        raise UsageError("a comparison takes two runs or more; `bpnet plot RUN` shows one")
    folders = [open_run(path, "training") for path in runs]
    histories = [folder.history() for folder in folders]
    part = "validation" if all("validation_cost" in history for history in histories) else "train"
    scores = (metrics.score("classes"), metrics.score("quantities"))
    shared = [score for score in scores if all(f"{part}_{score}" in history for history in histories)]
    if not shared:
        raise UsageError("some of these runs tell classes and some quantities; compare like with like")
    target = parse_target(targets[0]) if targets else None
    results = tuple(_result(folder, part, shared[0], target) for folder in folders)
    return TrainingComparison(results, part, shared[0], target)


def _result(folder: RunFolder, part: str, score: str, target: Target | None) -> TrainingResult:
    """What one training did."""
    history, reached = folder.history(), None
    best = history.best(f"{part}_{score}")
    if target is not None:
        if f"{part}_{target.measure}" not in history:
            raise UsageError(f"--target {target}: these runs did not measure {target.measure}; take error, {score}")
        met = np.flatnonzero(target.met(history[f"{part}_{target.measure}"]))
        reached = int(history["epoch"][met[0]]) if met.size else None
    cost, score_at_best = folder.config().train.cost, float(best[f"{part}_{score}"])
    return TrainingResult(folder.path, cost, len(history), score_at_best, int(best["epoch"]), reached)
