"""A run folder: the plain files that a run leaves behind, made once and never overwritten.

Its run.json says which kind of run it is: a training, a comparison of costs, or a sweep.
"""

import csv
import hashlib
import io
import itertools
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import threadpoolctl

from bpnet import config as configs
from bpnet.config import Config
from bpnet.data import Array
from bpnet.errors import DataError, UsageError
from bpnet.files import json_text, write
from bpnet.history import History
from bpnet.model import Model, load_model
from bpnet.products import TINY
from bpnet.runs.checkpoint import load_arrays
from bpnet.training.threads import ONE_BELOW

DRAW_AGAIN = "`bpnet plot` draws it again, and summary.json has its numbers"
GO_ON = {"comparison": "`bpnet compare --resume` finishes it", "sweep": "`bpnet sweep --resume` finishes it"}
Kind = Literal["training", "comparison", "sweep"]
FORMATS = {"training": 1, "comparison": 2, "sweep": 1}  # versions of the folders' layouts, as run.json says them


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run, and its files read; a file that is missing or damaged is a DataError."""

    path: Path

    @property
    def kind(self) -> str:
        """Which kind of run left this folder; a run.json without one is a training of an older version."""
        return str(self.record().get("kind", "training"))

    def config(self) -> Config:
        """Every value the run was made with."""
        return configs.load(self.path / "config.yaml")

    def record(self) -> dict[str, Any]:
        """run.json: kind, status, command, times, versions, hashes."""
        return _read_json(self.path / "run.json")

    def summary(self) -> dict[str, Any]:
        """summary.json: what the run measured in the end."""
        return _read_json(self.path / "summary.json")

    def history(self) -> History:
        """metrics.csv, with missing measures as NaN; a file without epochs is a DataError."""
        path = self.path / "metrics.csv"
        with _readable(path), path.open(newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
            columns = {name: [float(row[k]) for row in rows] for k, name in enumerate(names)}
        if "epoch" not in columns:
            raise DataError(f"{path}: has no epochs; the run has to be made again")
        return History(columns | {"epoch": [int(epoch) for epoch in columns["epoch"]]})

    def model(self) -> Model:
        """The trained network, with the units and words of its data."""
        return load_model(self.path / "model.safetensors")

    def arrays(self) -> dict[str, Array]:
        """What the pictures of the run show besides its curves."""
        return load_arrays(self.path / "pictures.safetensors")

    def as_json(self) -> dict[str, Any]:
        """The run in a list of runs: what is known of it, also if it was cut short or its files are damaged."""
        try:
            record = self.record()
            summary = self.summary() if (self.path / "summary.json").is_file() else {}
        except DataError:
            record, summary = {"status": "damaged"}, {}
        part = next((name for name in ("test", "validation", "train") if name in summary), "")
        measures = summary.get(part, {}).items()
        return {
            "run": str(self.path),
            "kind": record.get("kind", "training"),
            "started": record.get("started") or "unknown",
            "status": record.get("status") or "unknown",
            "epochs": summary.get("epochs", 0),
            "measured": {f"{part} {name}": value for name, value in measures if name != "error"},
            "verdict": "".join(
                str(summary.get("verdict", "")).splitlines()[1:2]
            ),  # the first line is what it depends on
        }

    def write_json(self, name: str, content: Mapping[str, object]) -> None:
        """Write a JSON file whole; numbers that are not finite become null."""
        write(self.path / name, json_text(content) + "\n")

    def write_config(self, config: Config) -> str:
        """Write config.yaml, every value in it; returns its SHA-256."""
        text = configs.dump(config)
        write(self.path / "config.yaml", text)
        return hashlib.sha256(text.encode()).hexdigest()

    def write_metrics(self, history: History) -> None:
        """Write metrics.csv, one row per epoch, numbers as short as they read back the same."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(history.columns)
        rows.writerows(zip(*history.columns.values(), strict=True))
        write(self.path / "metrics.csv", text.getvalue())


def create(out: str | Path | None, name: str) -> RunFolder:
    """A new folder: `out`, or runs/NAME-DATE-TIME, with a number behind it where there is one of this second already.

    Raises:
        UsageError: `out` is there already, or cannot be made.
    """
    stem = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    names = (stem if number == 1 else f"{stem}-{number}" for number in itertools.count(1))
    path = next(Path("runs", name) for name in names if not Path("runs", name).exists()) if out is None else Path(out)
    refuse_existing(path)
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be made ({error.strerror}); name another folder") from error
    return RunFolder(path)


def refuse_existing(path: Path) -> None:
    """Raise a UsageError where something is at the path of a run's new folder already."""
    if os.path.lexists(path):
        raise UsageError(f"{path}: is there already, and a run is never overwritten; name a new folder")


def open_run(path: str | Path, kind: Kind | None = None) -> RunFolder:
    """An existing run folder, of one kind where that is asked for.

    Raises:
        DataError: there is no run in it.
        UsageError: it holds a run of another kind.
    """
    folder = RunFolder(Path(path))
    if not (folder.path / "run.json").is_file():
        raise DataError(f"{path}: no run there (it has no run.json); `bpnet runs` lists the runs there are")
    if kind is not None and folder.kind != kind:
        raise UsageError(f"{path}: holds a {folder.kind}, not a {kind}; {_remedy(folder)}")
    return folder


def _remedy(folder: RunFolder) -> str:
    """What can be done with a run of another kind than was asked for."""
    if folder.kind == "training":
        return "`bpnet compare RUN RUN` compares finished trainings"
    if folder.record().get("status") != "done":
        return GO_ON.get(folder.kind, "a newer bpnet reads it")
    return DRAW_AGAIN if folder.kind == "comparison" else "summary.json and sweep.csv have its numbers"


def all_runs(folder: str | Path = "runs") -> list[RunFolder]:
    """The runs in a folder, oldest first; the folder itself where it is one.

    Raises:
        DataError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; `bpnet train --config xor` makes a run in runs/")
    paths = [folder] if (folder / "run.json").is_file() else [record.parent for record in folder.glob("*/run.json")]
    return sorted(map(RunFolder, paths), key=lambda run: (run.as_json()["started"], run.path.name))


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    with _readable(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("no JSON object")
    return content


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the errors of reading a file of a run into a DataError that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); was the run stopped too early?") from error
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: damaged ({error}); the run has to be made again") from error


def new_record(kind: Kind, name: str, command: Sequence[str]) -> dict[str, Any]:
    """What run.json says of a run that begins, of any kind."""
    return {
        "format": FORMATS[kind],
        "kind": kind,
        "name": name,
        "status": "running",
        "command": list(command),
        "started": now(),
        "ended": None,
        "process": os.getpid(),
        "host": platform.node(),
    }


def now() -> str:
    """The time as run.json has it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def environment() -> dict[str, Any]:
    """What the numbers of a run may depend on: versions, the machine, and what decides how products are rounded.

    That is BLAS, its kernel and its threads, which products take one thread, and which are made without BLAS.
    """
    packages = ("bpnet-trainer", "numpy", "scipy", "scikit-learn", "matplotlib", "safetensors")
    fields = ("internal_api", "version", "num_threads", "architecture")
    pools = [{key: pool.get(key) for key in fields} for pool in threadpoolctl.threadpool_info()]
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "blas": [pool for pool in pools if pool["internal_api"] != "openmp"],
        "products": {"one_thread_below": ONE_BELOW, "replicas_by_einsum_up_to": TINY},  # multiplications of a product
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "byteorder": sys.byteorder,
    }
