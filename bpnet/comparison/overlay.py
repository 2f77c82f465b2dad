"""Finished runs laid over each other: when each reached a target, and where each ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bpnet.comparison.targets import Target, target
from bpnet.errors import UsageError
from bpnet.runs import create, draw, open_run


@dataclass(frozen=True)
class Overlay:
    """What was found: the runs' folders, and `summary` with a row per run and the verdict."""

    runs: tuple[Path, ...]
    summary: dict[str, Any]

    def save(self, out: Path | None = None) -> Path:
        """Write summary.json and the curves over each other into a new folder; returns its path."""
        folder = create(out, "compare-runs")
        folder.write_json("summary.json", {"run": str(folder.path), "status": "done", **self.summary})
        draw(self.runs, "curves", folder.path / "compare")
        return folder.path


def overlay(paths: Sequence[Path], targets: Sequence[str] = ()) -> Overlay:
    """Lay finished runs over each other.

    A target is looked for in the measures of the validation part where all runs have one, else of the training part.

    Raises:
        UsageError: fewer than two runs, or runs of different kinds of target.
        DataError: no run in a folder, or a damaged one.
    """
    if len(paths) < 2:
        raise UsageError("a comparison takes two runs or more; `bpnet plot RUN` shows one")
    folders = [open_run(path) for path in paths]
    histories = [folder.history() for folder in folders]
    part = "validation" if all("validation_cost" in history for history in histories) else "train"
    score = "accuracy" if all(f"{part}_accuracy" in history for history in histories) else "r2"
    if not all(f"{part}_{score}" in history for history in histories):
        raise UsageError("some of these runs tell classes and some quantities; compare like with like")
    wanted = target(targets[0]) if targets else None
    rows = [
        {"run": str(path), "cost": folder.config().train.cost, **_row(history, part, score, wanted)}
        for path, folder, history in zip(paths, folders, histories, strict=True)
    ]
    about = {"part": part, "target": None if wanted is None else str(wanted), "runs": rows}
    return Overlay(tuple(paths), about | {"verdict": _verdict(rows, part, score, wanted)})


def _row(history: Any, part: str, score: str, wanted: Target | None) -> dict[str, Any]:
    row = {"epochs": len(history), "best": float(np.nanmax(history[f"{part}_{score}"])), "best_epoch": 0}
    row["best_epoch"] = int(history.best(f"{part}_{score}")["epoch"])
    if wanted is None:
        return row
    column = f"{part}_{wanted.metric}"
    if column not in history:
        raise UsageError(f"--target {wanted}: these runs did not measure {wanted.metric}; take error or {score}")
    first = wanted.first(history["epoch"], history[column][:, np.newaxis])[0]
    return row | {"epochs_to_target": None if np.isnan(first) else int(first)}


def _verdict(rows: Sequence[dict[str, Any]], part: str, score: str, wanted: Target | None) -> str:
    lines = []
    for row in rows:
        line = f"{row['run']} ({row['cost']}): best {part} {score} {row['best']:.4g} in epoch {row['best_epoch']}"
        if wanted is not None:
            reached = row["epochs_to_target"]
            line += f"; {wanted} " + (f"in epoch {reached}" if reached else f"not in its {row['epochs']} epochs")
        lines.append(line)
    return "\n".join(lines)
