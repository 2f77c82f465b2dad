"""A sweep: every combination of some config keys, trained for the same seeds, with a table of what each came to."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpnet import config as configs
from bpnet.comparison.grid import Measured, Member, Values, combinations, members, prepared
from bpnet.comparison.kept import Kept
from bpnet.comparison.sets import Progress, train_units
from bpnet.comparison.swept import Combination, Swept
from bpnet.comparison.workers import Workers, workers_for
from bpnet.config import Config
from bpnet.config.resolve import ConfigSource
from bpnet.datasets.examples import digest
from bpnet.errors import DataError, UsageError
from bpnet.experiment import Experiment
from bpnet.files import write
from bpnet.metrics import score
from bpnet.training.settings import is_count

SEEDS = 10  # runs of each combination when nobody says: a sign test can exclude chance among 26 combinations


@dataclass(frozen=True)
class Asked:
    """What a sweep was asked for: the base config, its combinations, and how often each is trained."""

    config: Config
    values: tuple[Values, ...]
    seeds: int
    keep_runs: bool


class Sweeping:
    """A sweep under way: iterating trains and gives the progress; then `swept` is there, and its folder is complete."""

    def __init__(self, asked: Asked, ready: Sequence[Experiment], kept: Kept, workers: Workers) -> None:
        self.asked, self.ready, self.kept, self.workers = asked, ready, kept, workers
        folder = kept.run.path.absolute() / "runs" if asked.keep_runs else None
        self.units = [
            (place, unit)
            for place, one in enumerate(ready)
            for unit in members(one, asked.seeds, folder and folder / f"{place + 1:04}")
        ]
        self._swept: Swept | None = None

    def __iter__(self) -> Generator[Progress, None, None]:
        try:
            found = {
                k: rows for k, (_, unit) in enumerate(self.units) if (rows := self.kept.load_rows(unit.fingerprint))
            }
            with self.workers:
                yield from self._train(found)
            self._swept = self._gathered(found)
            self._write()
        except BaseException as error:
            for _, unit in self.units:
                unit.note_stopped()
            self.kept.note("interrupted" if isinstance(error, KeyboardInterrupt | GeneratorExit) else "failed")
            raise

    @property
    def swept(self) -> Swept:
        """What was found."""
        if self._swept is None:
            raise RuntimeError("a sweep's table is there when its loop is over")
        return self._swept

    def _train(self, found: dict[int, list[Measured]]) -> Iterator[Progress]:
        """Train the units that are not found yet, and add their rows."""
        total = sum(unit.epochs for _, unit in self.units)
        done = sum(self.units[k][1].epochs for k in found)

        def keep(unit: Member, rows: list[Measured]) -> None:
            nonlocal done
            done += unit.epochs
            self.kept.save_rows(unit.fingerprint, rows)

        tasks = [(unit, self.ready[place].splits) for place, unit in self.units]
        for epochs in train_units(self.workers, tasks, found, keep):
            yield Progress(done + sum(epochs.values()), total, f"{len(found)} of {len(tasks)} units done")

    def _gathered(self, found: Mapping[int, list[Measured]]) -> Swept:
        """The rows of all units, combination by combination."""
        rows: list[list[Measured]] = [[] for _ in self.ready]
        for k, (place, _) in enumerate(self.units):
            rows[place] += found[k]
        pairs = zip(self.asked.values, rows, strict=True)
        first = self.ready[0]
        ranked = f"{first.splits.scored}_{score(first.dataset.kind)}"
        made = tuple(Combination(values, tuple(some)) for values, some in pairs)
        return Swept(self.asked.config.name, ranked, self.asked.seeds, made, self.kept.seconds)

    def _write(self) -> None:
        """Write the tables and the summary, and remove what was kept of the units."""
        run, swept = self.kept.run, self.swept
        write(run.path / "sweep.csv", swept.table())
        write(run.path / "runs.csv", swept.runs_table())
        run.write_json("summary.json", {"run": str(run.path), "status": "done", **swept.as_json()})
        self.kept.note("done")
        self.kept.clear()


def sweep(config: ConfigSource, **options: Any) -> Swept:
    """Train every combination of some config keys; the options and errors are those of `sweeping`.

    bpnet.sweep("moons", vary={"train.learning_rate": [0.1, 1, 10]}, seeds=8, jobs=2).verdict
    """
    under_way = sweeping(config, **options)
    for _ in under_way:
        pass
    return under_way.swept


def sweeping(
    config: ConfigSource,
    *,
    vary: Mapping[str, Sequence[Any]] | None = None,
    listed: Sequence[Mapping[str, Any]] = (),
    seeds: int = SEEDS,
    sets: Sequence[str] = (),
    seed: int | None = None,
    out: str | Path | None = None,
    keep_runs: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
    command: Sequence[str] = (),
) -> Sweeping:
    """A sweep to be trained by iterating over it, in a new folder.

    `vary` maps config keys to values; every combination of them is trained, once for each of the `seeds`, from the
    config's own on. `listed` are combinations by themselves, mappings of keys to values; with both, each of the list
    goes with each of the grid. `sets` and `seed` change the config first. `keep_runs` leaves a run folder for each run.
    `jobs` processes train at once (1: this one, -1: one for each core), or the workers of the dask scheduler whose
    address `cluster` is; the results are the same bits.

    Raises:
        UsageError: keys or values that make no training, two combinations that are the same, or a folder that is there.
        DataError: data that cannot be had.
    """
    workers = workers_for(jobs, cluster)
    if not is_count(seeds):
        raise UsageError("seeds are counted from 1")
    base = configs.load(config, sets, seed)
    asked = Asked(base, tuple(combinations(vary or {}, listed)), seeds, keep_runs)
    ready = _ready(asked)
    options = {"values": list(asked.values), "seeds": seeds, "keep_runs": keep_runs}
    stem = f"sweep-{base.name}"
    kept = Kept.begin("sweep", out, stem, base.name, base, options, command, _digest(ready))
    return Sweeping(asked, ready, kept, workers)


def sweeping_again(path: str | Path, jobs: int = 1, cluster: str | None = None) -> Sweeping:
    """A sweep that was stopped, to be trained further by iterating over it; what is done is not done again.

    It may have other workers than before.

    Raises:
        UsageError: it is finished, runs right now, or its config or data have changed since.
        DataError: no sweep is there, or a damaged one.
    """
    workers, kept = workers_for(jobs, cluster), Kept.again(path, "sweep")
    config = kept.config()
    try:
        options = kept.record["options"]
        asked = Asked(_required(config), tuple(options["values"]), options["seeds"], options["keep_runs"])
        ready = _ready(asked)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: run.json is damaged ({error}); sweep anew") from error
    if _digest(ready) != kept.record.get("data_sha256"):
        raise UsageError(f"{path}: its data have changed since; resume with the data it began with, or sweep anew")
    kept.note("running")
    return Sweeping(asked, ready, kept, workers)


def _ready(asked: Asked) -> list[Experiment]:
    """The experiments of a sweep; combinations that are scored otherwise than the first are a UsageError."""
    ready = prepared(asked.config, asked.values)
    if len({(one.splits.scored, one.dataset.kind) for one in ready}) > 1:
        raise UsageError("--vary: the combinations are scored on other parts or by other measures; sweep each alone")
    return ready


def _required(config: Config | None) -> Config:
    """A config that every sweep has; without one the folder is damaged."""
    if config is None:
        raise KeyError("config_sha256")
    return config


def _digest(ready: Sequence[Experiment]) -> str:
    """The SHA-256 of all data of a sweep."""
    splits = {id(one.splits): one.splits for one in ready}
    return digest(data for one in splits.values() for data in one.present.values())
