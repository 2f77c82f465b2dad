"""The folder that a comparison leaves behind: curves, summary, pictures."""

import csv
import hashlib
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import config as configs
from bpnet.comparison import pictures
from bpnet.files import write
from bpnet.runs import create, environment

Array = NDArray[Any]


def save(comparison: Any, out: Path | None, command: Sequence[str] = ()) -> Path:
    """Write run.json, summary.json, curves.csv, config.yaml where there is one, and the pictures, into a new folder.

    Raises:
        UsageError: the folder is there already, or cannot be made.
    """
    folder = create(out, "compare-" + "-".join(comparison.summary["costs"]))
    started = datetime.now(UTC).isoformat(timespec="seconds")
    record: dict[str, Any] = {"format": 1, "kind": "comparison", "name": comparison.plan.name, "status": "running"}
    record |= {"command": list(command or sys.argv), "started": started, "ended": None}
    if comparison.plan.config is not None:
        text = configs.dump(comparison.plan.config)
        write(folder.path / "config.yaml", text)
        record["config_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    status = "failed"
    try:
        write(folder.path / "curves.csv", table(comparison.columns))
        folder.write_json("summary.json", {"run": str(folder.path), "status": "done", **comparison.summary})
        pictures.draw(comparison, folder.path)
        status = "done"
    finally:
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        folder.write_json("run.json", record | {"status": status, "ended": ended, **environment()})
    return folder.path


def table(columns: Mapping[str, Array]) -> str:
    """Columns as CSV; numbers with nine digits, which is what float32 holds, and nothing for NaN."""
    texts = [[_text(value) for value in column.tolist()] for column in columns.values()]
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*texts, strict=True))
    return file.getvalue()


def _text(value: Any) -> Any:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.9g}"
    return value
