"""A training run: from a config to a finished folder, and resumed from an unfinished one."""

import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bpnet import config as configs
from bpnet import experiment as experiments
from bpnet import training
from bpnet.config import Config
from bpnet.config.resolve import ConfigSource
from bpnet.errors import DivergedError, UsageError
from bpnet.experiment import Experiment
from bpnet.model import save_model
from bpnet.runs import pictures
from bpnet.runs.checkpoint import load_checkpoint, save_arrays, save_checkpoint
from bpnet.runs.folder import RunFolder, create, environment, new_record, now, open_run
from bpnet.runs.summary import Status, Summary, summarise
from bpnet.second_order import is_finished
from bpnet.training import State

SECONDS_BETWEEN_SAVES = 2  # at most this much is lost by a kill; a save takes milliseconds


class Run:
    """A run under way: iterating trains it and gives the state after each epoch; leaving the loop ends the training.

    `summary` is there once the `with` block that the run came from is over.
    """

    def __init__(self, folder: RunFolder, experiment: Experiment, state: State) -> None:
        self.folder, self.experiment, self.state = folder, experiment, state
        self._summary: Summary | None = None
        self._measured: list[bytes] = []  # the parameters that the last row of the history is of

    def __iter__(self) -> Iterator[State]:
        saved = time.monotonic()
        for state in self.experiment.epochs(self.state):
            self._measured = self._parameters()
            yield state
            if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
                self.save()
                saved = time.monotonic()

    def _parameters(self) -> list[bytes]:
        return [p.tobytes() for p in self.experiment.network.parameters.values()]

    @property
    def summary(self) -> Summary:
        """What the training came to."""
        if self._summary is None:
            raise RuntimeError("a run has its summary when its `with` block is over")
        return self._summary

    def stop(self) -> None:
        """End the training before the next mini-batch; the network goes back to the end of the last whole epoch."""
        self.state.stopping = True

    def save(self) -> None:
        """Write the checkpoint and the metrics."""
        save_checkpoint(self.folder.path / "checkpoint.safetensors", self.experiment.network, self.state)
        self.folder.write_metrics(self.state.history)

    def conclude(self, status: Status) -> None:
        """Write all that a run leaves behind but run.json."""
        self.save()
        path, experiment = self.folder.path, self.experiment
        training.restore_best(experiment.network, self.state)
        save_model(path / "model.safetensors", experiment.model)
        as_measured = status != "diverged" and self._parameters() == self._measured
        self._summary = summarise(path, experiment, self.state, status, as_measured)
        self.folder.write_json("summary.json", self._summary.as_json())
        save_arrays(path / "pictures.safetensors", pictures.arrays(experiment))
        if len(self.state.history):
            subject = pictures.load_subject(path)
            for kind in ("curves", "time") if any(subject.delta_over_time()) else ("curves",):
                pictures.write_figure(kind, [subject], path / kind)


def train(
    config: ConfigSource,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    out: str | Path | None = None,
    command: Sequence[str] = (),
) -> Summary:
    """Train what a config describes, in a new folder.

    The config may be a file's path, a packaged one's name, or a mapping of the same keys; `sets` are settings over it
    such as "train.epochs=5". `command` is the command line that run.json records.

    Raises:
        UsageError: the config does not fit the data, or `out` is there already.
        DataError: the data cannot be had.
        DivergedError: the cost is no longer finite; the folder holds the run up to the last epoch in which it was.
    """
    with begin(configs.load(config, sets, seed), out, command) as run:
        for _ in run:
            pass
    return run.summary


def resume(
    path: str | Path, *, epochs: int | None = None, data: str | Path | None = None, command: Sequence[str] = ()
) -> Summary:
    """Resume a run in its own folder as if it had never stopped, to its own number of epochs or another.

    `data` is where its data have moved to (the folder, where they are two files); they must be the same.

    Raises:
        UsageError: the run has nothing left to do, is no training, or its data are no longer the same.
        DataError: there is no run, or its files are damaged.
    """
    with begin_again(path, epochs, data, command) as run:
        for _ in run:
            pass
    return run.summary


def begin(config: Config, out: str | Path | None = None, command: Sequence[str] = ()) -> AbstractContextManager[Run]:
    """A new run, to be trained in the `with` block; when the block is over, what was trained is saved.

        with runs.begin(config.load("xor")) as run:
            for state in run:
                print(state.history.last()["train_cost"])

    An error in the block leaves the last checkpoint, which is at most two seconds old. Raises what `train` raises.
    """
    experiment = experiments.from_config(config)
    state = experiment.start()  # what this refuses leaves no folder behind
    return _under_way(create(out, experiment.config.name), experiment, state, command)


def begin_again(
    path: str | Path, epochs: int | None = None, data: str | Path | None = None, command: Sequence[str] = ()
) -> AbstractContextManager[Run]:
    """A run that was stopped, to be trained further in the `with` block. Raises what `resume` raises."""
    folder = open_run(path, "training")
    record = folder.record()
    if is_running(record):
        raise UsageError(f"{path}: is being trained by process {record['process']} right now; stop that first")
    config, changes = folder.config(), {} if epochs is None else {"train.epochs": epochs}
    config = configs.changed(config, changes | ({} if data is None else configs.moved(config, data)))
    experiment = experiments.from_config(config)
    if experiment.data_sha256 != record.get("data_sha256"):
        raise UsageError(f"{path}: its data have changed since; resume with the data it began with, or train anew")
    state = experiment.start()
    load_checkpoint(folder.path / "checkpoint.safetensors", experiment.network, state)
    if training.next_rate(experiment.settings, state) is None:
        done, converged = len(state.history), is_finished(experiment.settings.optimizer, state.memory)
        more = "no step lowers its cost any more" if converged else f"to train more, --set train.epochs={2 * done}"
        raise UsageError(f"{path}: finished after {done} epochs; {more}")
    return _under_way(folder, experiment, state, command)


@contextmanager
def _under_way(folder: RunFolder, experiment: Experiment, state: State, command: Sequence[str]) -> Iterator[Run]:
    """The run itself, in a folder whose run.json says how the run ended, whatever ended it."""
    record = _record(folder, experiment, command)
    folder.write_json("run.json", record)
    run = Run(folder, experiment, state)
    status: Status = "failed"
    try:
        run.save()
        yield run
        run.conclude("interrupted" if training.next_rate(experiment.settings, state) is not None else "done")
        status = run.summary.status
    except DivergedError:
        run.conclude("diverged")
        status = "diverged"
        raise
    except (KeyboardInterrupt, GeneratorExit):  # the latter where a sweep that has this run is stopped
        status = "interrupted"
        raise
    finally:
        folder.write_json("run.json", record | {"status": status, "ended": now()})


def _record(folder: RunFolder, experiment: Experiment, command: Sequence[str]) -> dict[str, object]:
    """What run.json says of a run that begins; its config.yaml is written for it."""
    return {
        **new_record("training", experiment.config.name, command),
        "config_sha256": folder.write_config(experiment.config),
        "data_sha256": experiment.data_sha256,
        "threads": training.blas_threads(experiment.network, experiment.settings, len(experiment.splits.train)),
        **environment(),
    }


def is_running(record: Mapping[str, object]) -> bool:
    """Whether another process is training a run right now, as far as this machine can tell."""
    process, here = record.get("process"), record.get("host") == platform.node() and os.name == "posix"
    if record.get("status") != "running" or not here or not isinstance(process, int) or process == os.getpid():
        return False
    try:
        os.kill(process, 0)  # signal 0 only asks whether the process is there
    except OSError:
        return False
    return True
