"""A run folder: the plain files that a run leaves behind, made once and never overwritten."""

import csv
import io
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet.config import Config
from bpnet.errors import DataError, UsageError
from bpnet.files import write
from bpnet.history import History
from bpnet.model import load_model
from bpnet.runs.checkpoint import load_arrays

FORMAT = 1


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run, and its files read."""

    path: Path

    def config(self) -> Config:
        """Every value the run was made with."""
        return configs.load(self.path / "config.yaml").config

    def record(self) -> dict[str, Any]:
        """run.json: status, command, times, versions, hashes."""
        return read_json(self.path / "run.json")

    def summary(self) -> dict[str, Any]:
        """summary.json: final and best measures."""
        return read_json(self.path / "summary.json")

    def history(self) -> History:
        """metrics.csv, with missing measures as NaN."""
        return read_metrics(self.path / "metrics.csv")

    def model(self) -> Any:
        """The trained network, ready to be asked."""
        return load_model(self.path / "model.safetensors")

    def arrays(self) -> dict[str, Any]:
        """What the pictures of the run show besides its curves."""
        return load_arrays(self.path / "pictures.safetensors")

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file whole; numbers that are not finite become null."""
        write(self.path / name, json.dumps(finite(content), indent=2, allow_nan=False) + "\n")

    def write_metrics(self, history: History) -> None:
        """Write metrics.csv, one row per epoch, numbers as short as they read back the same."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(history.columns)
        rows.writerows(zip(*history.columns.values(), strict=True))
        write(self.path / "metrics.csv", text.getvalue())


def create(out: str | Path | None, name: str) -> RunFolder:
    """A new folder: `out`, or runs/NAME-DATE-TIME.

    Raises:
        UsageError: `out` is there already, or cannot be made.
    """
    if out is not None:
        return RunFolder(_make(Path(out)))
    stem = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        path = stem if number == 1 else stem.with_name(f"{stem.name}-{number}")
        if not path.exists():
            return RunFolder(_make(path))
    raise UsageError(f"{stem}: a thousand runs began in this second; name a folder with --out")


def _make(path: Path) -> Path:
    try:
        path.mkdir(parents=True)
    except FileExistsError as error:
        raise UsageError(f"{path}: is there already, and a run is never overwritten; name a new folder") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be made ({error.strerror}); name another folder") from error
    return path


def open_run(path: str | Path) -> RunFolder:
    """An existing run folder.

    Raises:
        DataError: there is no run in it.
    """
    path = Path(path)
    if not (path / "run.json").is_file():
        raise DataError(f"{path}: no run there (it has no run.json); `bpnet runs` lists the runs there are")
    return RunFolder(path)


def all_runs(root: str | Path) -> list[RunFolder]:
    """The runs in a folder, oldest first; the folder itself where it is one.

    Raises:
        DataError: there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; `bpnet train --config xor` makes a run in runs/")
    records = [root / "run.json"] if (root / "run.json").is_file() else list(root.glob("*/run.json"))
    return sorted((RunFolder(record.parent) for record in records), key=lambda run: (_started(run), run.path.name))


def _started(run: RunFolder) -> str:
    try:
        return str(run.record().get("started") or "")
    except DataError:
        return ""


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); was the run stopped before it wrote it?"
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: damaged ({error}); the run has to be made again") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: damaged (no JSON object); the run has to be made again")
    return content


def read_metrics(path: Path) -> History:
    """metrics.csv as a History.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        columns = {name: [float(row[k]) for row in rows[1:]] for k, name in enumerate(rows[0] if rows else ())}
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a run that trained an epoch") from error
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: damaged ({error}); the run has to be made again") from error
    if "epoch" not in columns:
        raise DataError(f"{path}: has no epochs; the run has to be made again")
    return History(columns | {"epoch": [int(epoch) for epoch in columns["epoch"]]})


def finite(content: Any) -> Any:
    """The same JSON content with null for NaN and infinities, which JSON does not have."""
    if isinstance(content, Mapping):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return None if isinstance(content, float) and not np.isfinite(content) else content


def environment() -> dict[str, Any]:
    """What the numbers of a run may depend on: versions, the BLAS and its threads, the machine."""
    from importlib.metadata import version

    import threadpoolctl

    packages = ("bpnet", "numpy", "scipy", "scikit-learn", "matplotlib", "safetensors")
    fields = ("internal_api", "version", "num_threads", "architecture")
    pools = [{key: pool.get(key) for key in fields} for pool in threadpoolctl.threadpool_info()]
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "blas": [pool for pool in pools if pool["internal_api"] != "openmp"],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "byteorder": sys.byteorder,
    }
