"""The folder of a comparison or a sweep under way: what it was asked, and the units finished, until all is there."""

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from bpnet.comparison.folder import read_results, result_arrays
from bpnet.comparison.results import CostResult, Setup
from bpnet.comparison.trials import Trial
from bpnet.config import Config
from bpnet.datasets.examples import digest
from bpnet.errors import DataError, UsageError
from bpnet.files import json_text, write
from bpnet.model import load_tensors, save_tensors
from bpnet.runs import FORMATS, Kind, RunFolder, create, environment, is_running, new_record, now, open_run

SETS = "sets"  # the folder of the finished units, each a file named by what was trained
FINISHED = {
    "comparison": "`bpnet plot` draws it again",
    "sweep": "summary.json and sweep.csv have its numbers",
}
NAMED = 16  # hexadecimal digits of a file's name: 64 bits, which no two units of a comparison share


class Kept:
    """A run folder whose run.json says what was asked and how far it came."""

    def __init__(self, run: RunFolder, record: Mapping[str, Any]) -> None:
        self.run, self.record = run, dict(record)
        self.before, self.begun = float(record.get("seconds", 0)), time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has taken by now, in this session and those before."""
        return self.before + time.perf_counter() - self.begun

    @classmethod
    def begin(
        cls,
        kind: Kind,
        out: str | Path | None,
        stem: str,
        name: str,
        config: Config | None,
        options: Mapping[str, Any] | None = None,
        command: Sequence[str] = (),
        data_sha256: str = "",
    ) -> Self:
        """A new folder, `out` or runs/STEM-DATE-TIME; one that is there already is a UsageError.

        `options` are what it is made with again when it is resumed; None where it cannot be.
        """
        run = create(out, stem)
        record = new_record(kind, name, command)
        record |= {"options": options, "data_sha256": data_sha256, **environment()}
        if config is not None:
            record["config_sha256"] = run.write_config(config)
        kept = cls(run, record)
        kept.note("running")
        return kept

    @classmethod
    def again(cls, path: str | Path, kind: Kind) -> Self:
        """The folder of a comparison or a sweep that was stopped.

        Raises:
            UsageError: it is finished, runs right now, or cannot be resumed from a folder.
            DataError: none is there.
        """
        run = open_run(path, kind)
        record = run.record()
        if record.get("format") != FORMATS[kind]:
            raise DataError(f"{path}: a {kind} of another version of bpnet; make it again")
        if record.get("status") == "done":
            raise UsageError(f"{path}: is finished; {FINISHED[kind]}")
        if is_running(record):
            raise UsageError(f"{path}: is being trained by process {record['process']} right now; stop that first")
        if not record.get("options"):
            raise UsageError(f"{path}: compares objects of Python, or was saved by Python; call `compare` again")
        return cls(run, record)

    def note(self, status: str) -> None:
        """Write how far it came into run.json."""
        over = status != "running"
        self.record |= {"status": status, "ended": now() if over else None, "seconds": self.seconds}
        if not over:
            self.record |= {"process": os.getpid(), "host": platform.node()}
        self.run.write_json("run.json", self.record)

    def config(self) -> Config | None:
        """The config it began with, None for the book's neuron; one that has been changed is a UsageError."""
        if "config_sha256" not in self.record:
            return None
        path = self.run.path / "config.yaml"
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.record["config_sha256"]:
            raise UsageError(f"{path}: has been changed since the {self.run.kind} began; put it back, or begin anew")
        return self.run.config()

    def load(self, fingerprint: str, costs: Sequence[str], setup: Setup) -> list[CostResult] | None:
        """The results of a finished unit, a cost each, or None where its file is not there, damaged, or another's."""
        path = self._file(fingerprint, "safetensors")
        if not path.is_file():
            return None
        try:
            arrays, metadata = load_tensors(path, "set")
            if metadata["trials"] != fingerprint:
                return None
            return read_results(costs, setup.targets, arrays)
        except (DataError, KeyError, TypeError, ValueError):
            return None

    def save(self, fingerprint: str, results: Sequence[CostResult]) -> None:
        """Keep the results of a finished unit, and the time it took."""
        path = self._file(fingerprint, "safetensors")
        path.parent.mkdir(exist_ok=True)
        save_tensors(path, result_arrays(results), {"kind": "set", "trials": fingerprint})
        self.note("running")

    def load_rows(self, fingerprint: str) -> list[dict[str, Any]] | None:
        """The rows of a table that a finished unit gave, or None where its file is not there, damaged, or another's."""
        try:
            content = json.loads(self._file(fingerprint, "json").read_text(encoding="utf-8"))
            return content["rows"] if content["unit"] == fingerprint else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save_rows(self, fingerprint: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the rows of a finished unit."""
        path = self._file(fingerprint, "json")
        path.parent.mkdir(exist_ok=True)
        write(path, json_text({"unit": fingerprint, "rows": rows}))

    def clear(self) -> None:
        """Remove the units, when the whole is written."""
        shutil.rmtree(self.run.path / SETS, ignore_errors=True)

    def _file(self, fingerprint: str, ending: str) -> Path:
        return self.run.path / SETS / f"{fingerprint[:NAMED]}.{ending}"


def examples_digest(rows: Sequence[Sequence[Trial]]) -> str:
    """The SHA-256 of all examples that the first contender meets, so that resumed are only the same data."""
    splits = {id(part.splits): part.splits for row in rows for part in row[0].parts}  # conditions may share theirs
    return digest(data for one in splits.values() for data in one.present.values())
