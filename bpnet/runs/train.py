"""A training run: from a config to a finished folder, and on again from an unfinished one."""

import hashlib
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet import training
from bpnet.config import Config
from bpnet.errors import DivergedError, UsageError
from bpnet.files import write
from bpnet.model import save_model
from bpnet.runs import pictures
from bpnet.runs.checkpoint import load_checkpoint, save_arrays, save_checkpoint
from bpnet.runs.folder import RunFolder, create, environment, open_run
from bpnet.runs.prepare import Prepared, prepare
from bpnet.training import State

SECONDS_BETWEEN_SAVES = 2


@dataclass(frozen=True)
class Watch:
    """How a run is looked on: `on_start` and `on_epoch` are called, the latter with the state; `stopped` is asked."""

    on_start: Callable[[Prepared], object] | None = None
    on_epoch: Callable[[Prepared, State], object] | None = None
    stopped: Callable[[], bool] = lambda: False


def train(
    config: Config | str | Mapping[str, Any],
    out: str | Path | None = None,
    command: Sequence[str] = (),
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train what a config describes, in a new folder, and return the summary that summary.json holds.

    The config may be a file's path, a packaged one's name, or a mapping of the same keys.

    Raises:
        UsageError: the config does not fit the data, or `out` is there already.
        DataError: the data cannot be had.
        DivergedError: the cost left the finite numbers; the folder holds the run up to the last epoch that was well.
    """
    prepared = prepare(configs.of(config))
    state = training.start(prepared.network, prepared.settings)
    return _run(create(out, prepared.config.name), prepared, state, command, watch or Watch())


def resume(
    path: str | Path,
    epochs: int | None = None,
    data: str | None = None,
    command: Sequence[str] = (),
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Go on with a run in its own folder as if it had never stopped, to its own number of epochs or another.

    `data` is where its data have moved to; they must be the same.

    Raises:
        UsageError: the run has nothing left to do, or its data are no longer the same.
        DataError: there is no run, or its files are damaged.
    """
    folder = open_run(path)
    config, record = folder.config(), folder.record()
    if _is_running(record):
        raise UsageError(f"{path}: is being trained by process {record['process']} right now; stop that first")
    changes = {"train.epochs": epochs, "data.path": data}
    config = configs.varied(config, {key: value for key, value in changes.items() if value is not None})
    prepared = prepare(config)
    if prepared.data_sha256 != record.get("data_sha256"):
        raise UsageError(f"{path}: its data have changed since; a run goes on with the data it began with, or anew")
    state = load_checkpoint(folder.path / "checkpoint.safetensors", prepared.network, prepared.settings.optimizer.slots)
    if training.next_rate(prepared.settings, state.history) is None:
        done = len(state.history)
        raise UsageError(f"{path}: finished after {done} epochs; to go on ask for more, --set train.epochs={2 * done}")
    return _run(folder, prepared, state, command, watch or Watch())


def _run(folder: RunFolder, prepared: Prepared, state: State, command: Sequence[str], watch: Watch) -> dict[str, Any]:
    """The run itself; whatever ends it, run.json says so and what was trained is saved."""
    text = configs.dump(prepared.config)
    write(folder.path / "config.yaml", text)
    record: dict[str, Any] = {
        "format": 1,
        "name": prepared.config.name,
        "status": "running",
        "command": list(command),
        "started": _now(),
        "ended": None,
        "process": os.getpid(),
        "host": platform.node(),
        "config_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "data_sha256": prepared.data_sha256,
        "threads": training.blas_threads(prepared.network, prepared.settings, len(prepared.splits.train)),
        **environment(),
    }
    folder.write_json("run.json", record)
    if watch.on_start is not None:
        watch.on_start(prepared)
    status = "failed"
    try:
        _save(folder, prepared, state)
        status = _train(folder, prepared, state, watch)
        return _conclude(folder, prepared, state, status)
    except DivergedError:
        status = "diverged"
        _conclude(folder, prepared, state, status)
        raise
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        folder.write_json("run.json", record | {"status": status, "ended": _now()})


def _train(folder: RunFolder, prepared: Prepared, state: State, watch: Watch) -> str:
    """Train to the end or to the stop, saving now and then; returns "done" or "interrupted"."""
    splits, saved = prepared.splits, time.monotonic()

    def on_epoch(state: State) -> None:
        nonlocal saved
        if watch.on_epoch is not None:
            watch.on_epoch(prepared, state)
        if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
            _save(folder, prepared, state)
            saved = time.monotonic()

    training.train(
        prepared.network,
        splits.train,
        prepared.settings,
        splits.validation,
        splits.test if prepared.config.train.measure_test else None,
        state,
        on_epoch,
        watch.stopped,
    )
    return "interrupted" if training.next_rate(prepared.settings, state.history) is not None else "done"


def _is_running(record: dict[str, Any]) -> bool:
    """Whether the process that trains a run is alive, as far as this machine can tell."""
    if record.get("status") != "running" or record.get("host") != platform.node() or os.name != "posix":
        return False
    try:
        os.kill(int(record["process"]), 0)
    except (OSError, KeyError, ValueError, TypeError):
        return False
    return int(record["process"]) != os.getpid()


def _save(folder: RunFolder, prepared: Prepared, state: State) -> None:
    save_checkpoint(folder.path / "checkpoint.safetensors", prepared.network, state)
    folder.write_metrics(state.history)


def _conclude(folder: RunFolder, prepared: Prepared, state: State, status: str) -> dict[str, Any]:
    """Write what a run leaves behind: checkpoint, metrics, model, summary, pictures."""
    _save(folder, prepared, state)
    training.finish(prepared.network, state)
    save_model(folder.path / "model.safetensors", prepared.model)
    summary = summarise(folder, prepared, state, status)
    folder.write_json("summary.json", summary)
    save_arrays(folder.path / "pictures.safetensors", pictures.arrays(prepared.model, prepared.splits))
    if len(state.history):
        pictures.draw([folder.path], "curves", folder.path / "curves")
    return summary


def summarise(folder: RunFolder, prepared: Prepared, state: State, status: str) -> dict[str, Any]:
    """summary.json: the final network measured on every part, the best epochs, and what was trained."""
    history = state.history
    measured = measure_parts(prepared)
    best = {}
    for part in ("validation", "test"):
        for score in (f"{part}_accuracy", f"{part}_r2"):
            if score in history and np.isfinite(history[score]).any():
                row = history.best(score)
                best[part] = {"epoch": row["epoch"], score.removeprefix(f"{part}_"): row[score]}
    return {
        "run": str(folder.path),
        "name": prepared.config.name,
        "status": status,
        "epochs": len(history),
        "seconds": history.last().get("seconds", 0.0),
        "layers": prepared.network.sizes,
        "parameters": prepared.network.parameters,
        "cost": prepared.network.cost.name,
        "stopped_by": _stopped_by(prepared, state, status),
        "weights": "best" if state.best is not None else "last",
        **measured,
        "best": best,
    }


def _stopped_by(prepared: Prepared, state: State, status: str) -> str:
    """What ended the training: epochs, early stopping, schedule, or the status where that was not its own end."""
    if status != "done":
        return status
    if len(state.history) >= prepared.settings.epochs:
        return "epochs"
    return "early stopping" if state.best is not None else "schedule"


def measure_parts(prepared: Prepared) -> dict[str, dict[str, Any]]:
    """Cost, error and accuracy (or R2) of the network on each part; the cost with its penalties, as in metrics.csv."""
    extra = training.penalty(prepared.network, prepared.settings, len(prepared.splits.train))
    found = {part: training.measure(prepared.network, data) for part, data in prepared.splits.present().items()}
    return {part: measures | {"cost": measures["cost"] + float(extra)} for part, measures in found.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
