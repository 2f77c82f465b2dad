"""What a sweep trains: combinations of config keys, and the units that train one for a block of seeds."""

import hashlib
import itertools
import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet import experiment as experiments
from bpnet import runs, training
from bpnet.comparison.checks import SECTIONS
from bpnet.comparison.units import count_blocks
from bpnet.config import Config
from bpnet.data import Dataset, Splits
from bpnet.errors import DivergedError, UsageError
from bpnet.experiment import Experiment
from bpnet.history import Row
from bpnet.metrics import Array
from bpnet.model import Model
from bpnet.training import Settings

USELESS = {  # keys that a sweep does not vary, and why
    "name": "it names the config and changes nothing that is trained",
    "seed": "a sweep's seeds are counted by --seeds, from the config's on",
} | dict.fromkeys(SECTIONS, "it is a whole section, whose keys vary one by one")

Values = dict[str, Any]  # of a combination, by key
Measured = dict[str, Any]  # of one run: seed, status, epochs, and each measure as `validation_accuracy`


def combinations(vary: Mapping[str, Sequence[Any]], listed: Sequence[Mapping[str, Any]]) -> list[Values]:
    """Every combination of the values, the first key the slowest, each with every one of the list.

    Raises:
        UsageError: none, a key without values, a key that changes nothing, or one that both ways give.
    """
    if not vary and not listed:
        raise UsageError("a sweep varies something; write --vary KEY=V,V or --list FILE")
    for key in itertools.chain(vary, *listed):
        if key in USELESS:
            raise UsageError(f"--vary {key}: {USELESS[key]}; take it out")
    for key, values in vary.items():
        if not values:
            raise UsageError(f"--vary {key}: no values; write some, such as --vary {key}=V,V")
        if any(key in one for one in listed):
            raise UsageError(f"--vary {key}: the list has it too; keep one of the two")
    grid = [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]
    return [{**one, **values} for one in listed or [{}] for values in grid]


def prepared(config: Config, values: Sequence[Values]) -> list[Experiment]:
    """The experiment of each combination, ready to be trained; those of equal data share them.

    Raises:
        UsageError: a combination that makes no training, or two that are the same.
        DataError: data that cannot be had.
    """
    datasets: dict[str, Dataset] = {}
    splits: dict[str, Splits] = {}
    seen: dict[str, int] = {}
    ready = []
    for k, combination in enumerate(values):
        changed = configs.changed(config, combination)
        if (first := seen.setdefault(repr(changed), k)) != k:
            raise UsageError(f"--vary: combinations {first + 1} and {k + 1} are the same; keep one of them")
        key = repr((changed.data.name, changed.data.options, changed.data.seed))
        made = experiments.from_config(changed, datasets.get(key))
        made.start()  # refuses what a training would
        datasets[key] = made.dataset
        ready.append(
            replace(made, splits=splits.setdefault(repr((changed.data, made.splits.train.n_out)), made.splits))
        )
    return ready


@dataclass(frozen=True)
class Member:
    """One combination for a block of seeds; it goes to a worker without its data. `folder` keeps its one run."""

    config: Config
    model: Model
    settings: Settings
    seeds: tuple[int, ...]
    folder: str = ""

    @property
    def epochs(self) -> int:
        """How many epochs it is trained for at most."""
        return self.settings.epochs

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of what is trained, the data aside."""
        return hashlib.sha256(repr((self.config, self.seeds, bool(self.folder))).encode()).hexdigest()

    def run(self, data: Splits) -> Generator[int, None, list[Measured]]:
        """Train it; gives the epochs that are done, returns what was measured, a row for each seed."""
        if self.folder:
            return (yield from _kept(replace_seed(self.config, self.seeds[0]), Path(self.folder)))
        experiment = Experiment(self.config, data.train, data, self.model, self.settings)
        return (yield from (_alone if trains_alone(self.settings) else _as_replicas)(experiment, self.seeds))

    def note_stopped(self) -> None:
        """Correct what a run folder of its own says that was left in the middle of the training."""
        run = runs.RunFolder(Path(self.folder))
        if self.folder and (run.path / "run.json").is_file() and (record := run.record())["status"] == "running":
            run.write_json("run.json", record | {"status": "interrupted", "ended": runs.now()})


def members(experiment: Experiment, seeds: int, folder: Path | None) -> list[Member]:
    """The units of a combination: blocks of its seeds as replicas, or one by one where each is trained alone."""
    first, size = experiment.config.seed, runs.count_parameters(experiment.network)
    alone = folder is not None or trains_alone(experiment.settings)
    blocks = seeds if alone else count_blocks(seeds, size)
    parts = [tuple(int(seed) for seed in part) for part in np.array_split(np.arange(first, first + seeds), blocks)]
    settings = replace(experiment.settings, monitor=())
    base = Member(experiment.config, experiment.model, settings, ())
    return [replace(base, seeds=some, folder="" if folder is None else f"{folder}-seed-{some[0]}") for some in parts]


def trains_alone(settings: Settings) -> bool:
    """Whether a rule waits for the score of one network, so that replicas cannot share it."""
    return settings.early_stopping is not None or (settings.schedule is not None and settings.schedule.waits)


def replace_seed(config: Config, seed: int) -> Config:
    """The config with another seed."""
    return config.model_copy(update={"seed": seed})


def _as_replicas(experiment: Experiment, seeds: tuple[int, ...]) -> Generator[int, None, list[Measured]]:
    """All seeds at once, as one set of replicas, until the last epoch or the last of them has diverged."""
    network, settings = experiment.network.with_seed(seeds), replace(experiment.settings, seed=seeds)
    splits, well, epochs = experiment.splits, np.full(len(seeds), True), np.zeros(len(seeds), dtype=int)
    for state in training.epochs(network, splits.train, settings, validation=splits.validation):
        epochs += well  # the epoch in which a run diverges counts, as in a training alone
        well &= np.isfinite(state.history.last()["train_cost"])
        well &= np.logical_and.reduce([np.isfinite(p).all(axis=(-2, -1)) for p in network.parameters.values()])
        if not well.any():
            break
        yield len(state.history)
    measured = _columns(replace(experiment, model=replace(experiment.model, network=network)).measure())
    columns = {name: np.broadcast_to(value, len(seeds)).tolist() for name, value in measured.items()}
    runs_of = zip(seeds, well, epochs.tolist(), *columns.values(), strict=True)
    return [
        _row(seed, "done" if one else "diverged", trained, dict(zip(columns, row, strict=True)))
        for seed, one, trained, *row in runs_of
    ]


def _alone(experiment: Experiment, seeds: tuple[int, ...]) -> Generator[int, None, list[Measured]]:
    """The one seed of a block by itself."""
    (seed,) = seeds
    network = experiment.network.with_seed(seed)
    one = replace(
        experiment,
        config=replace_seed(experiment.config, seed),
        model=replace(experiment.model, network=network),
        settings=replace(experiment.settings, seed=seed),
    )
    state, status = one.start(), "done"
    try:
        for _ in one.epochs(state):
            yield len(state.history)
    except DivergedError:
        status = "diverged"
    training.restore_best(network, state)
    return [_row(seed, status, len(state.history), _columns(one.measure()))]


def _kept(config: Config, folder: Path) -> Generator[int, None, list[Measured]]:
    """One seed in a run folder of its own, as `bpnet train` leaves it; what a stopped sweep left there goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with runs.begin(config, folder) as run:
            for state in run:
                yield len(state.history)
    except DivergedError:
        pass
    summary = run.summary
    return [_row(config.seed, summary.status, summary.epochs, _columns(summary.parts))]


def _columns(parts: Mapping[str, Row]) -> dict[str, Array | float]:
    """The measures of the parts by names such as `validation_accuracy`."""
    return {f"{part}_{name}": value for part, row in parts.items() for name, value in row.items()}


def _row(seed: int, status: str, epochs: int, measured: Mapping[str, Any]) -> Measured:
    """What was measured of one run; one that has diverged has no measures."""
    kept = {name: value if status == "done" else None for name, value in measured.items()}
    return {"seed": seed, "status": status, "epochs": epochs, **kept}
