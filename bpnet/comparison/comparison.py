"""A comparison of costs: what was measured, as a table, as JSON, as pictures, and in a folder that it is read from."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from bpnet import plots
from bpnet.comparison import folder, verdict
from bpnet.comparison.kept import Kept
from bpnet.comparison.rates import EACH
from bpnet.comparison.results import Condition, CostResult, Setup, Sweep
from bpnet.comparison.statistics import Speedup
from bpnet.comparison.survival import kaplan_meier
from bpnet.errors import DataError
from bpnet.files import write
from bpnet.metrics import Array
from bpnet.plots.subjects import ComparisonSubject, Surface
from bpnet.runs import FORMATS, open_run, save_arrays, write_figure

PLAIN = (  # fields of a Setup that summary.json has as they are
    "name",
    "seeds",
    "rate_policy",
    "rates",
    "own",
    "vary_data",
    "check_every",
    "check_on",
    "part",
)


@dataclass(frozen=True, kw_only=True)
class Comparison(Setup):
    """What a comparison measured; `surfaces`, where asked for, are the last condition's, over the two `axes`."""

    conditions: tuple[Condition, ...]
    sweeps: tuple[Sweep, ...]
    seconds: float
    surfaces: tuple[Surface, ...] = ()
    axes: tuple[str, str] = ("", "")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The comparison in a folder; a DataError for none or a damaged one, a UsageError for a run of another kind."""
        run = open_run(path, "comparison")
        if run.record().get("format") != FORMATS["comparison"]:
            raise DataError(f"{path}: a comparison of another version of bpnet; make it again to read it")
        summary, arrays = run.summary(), run.arrays()
        try:
            plain = {name: summary[name] for name in (*PLAIN, "seconds")}
            config = run.config() if "config_sha256" in run.record() else None
            loaded = cls(**plain, **folder.read(summary, arrays), config=config)
            if missing := loaded.as_json().keys() - summary.keys():
                raise KeyError(*missing)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            raise DataError(f"{path}: a damaged comparison ({error}); it has to be made again") from error
        return loaded

    def save(self, out: str | Path | None = None, command: Sequence[str] = ()) -> Path:
        """Write run.json, summary.json, curves.csv, arrays, config.yaml where there is one, and pictures; the folder.

        A folder that is there already, or cannot be made, is a UsageError.
        """
        stem = "-".join(["compare", *self.costs])
        return self.save_into(Kept.begin("comparison", out, stem, self.name, self.config, command=command))

    def save_into(self, kept: Kept) -> Path:
        """Write the same into the folder in which the comparison was kept while it trained."""
        run, status = kept.run, "failed"
        try:
            write(run.path / "curves.csv", folder.csv_text(self.columns))
            results = [result for condition in self.conditions for result in condition.results]
            arrays = folder.result_arrays([replace(result, path=None) for result in results]) | folder.surface_arrays(
                self.surfaces
            )
            save_arrays(run.path / "pictures.safetensors", arrays)
            run.write_json("summary.json", {"run": str(run.path), "status": "done", **self.as_json()})
            subject = self.subject()
            for kind in plots.available(subject):
                write_figure(kind, [subject], run.path / kind)
            status = "done"
        finally:
            kept.note(status)
        kept.clear()
        return run.path

    @property
    def costs(self) -> tuple[str, ...]:
        """The costs compared, in order."""
        return tuple(result.cost for result in self.conditions[0].results)

    @property
    def unit(self) -> str:
        """What times are counted in: epochs, or updates (mini-batches) where targets are checked between epochs."""
        return "updates" if self.check_every else "epochs"

    @property
    def verdict(self) -> str:
        """What the comparison says: what it depends on, then a sentence on each condition."""
        return "\n".join(verdict.lines(self, self.conditions, self.sweeps))

    @property
    def warnings(self) -> list[str]:
        """What a reader of the verdict should know besides."""
        return verdict.warnings(self, self.conditions, self.sweeps)

    def as_json(self) -> dict[str, Any]:
        """What summary.json holds: each cost's rate, times and final measures, the speed-ups, the verdict."""
        targets = [str(target) for target in self.targets]
        return {
            **{name: getattr(self, name) for name in (*PLAIN, "seconds")},
            "costs": list(self.costs),
            "target": targets[0],
            "targets": targets,
            "unit": self.unit,
            "classes": list(self.classes),
            "vary": {key: list(values) for key, values in self.vary.items()},
            "conditions": [condition.as_json(self.targets, self.classes) for condition in self.conditions],
            "sweeps": [sweep.as_json() for sweep in self.sweeps],
            "axes": list(self.axes),
            "warnings": self.warnings,
            "verdict": self.verdict,
        }

    @property
    def columns(self) -> dict[str, Array]:
        """The curves as columns of one length, ordered by condition, cost, seed, epoch; NaN where there is no value."""
        blocks = [self._block(condition, result) for condition in self.conditions for result in condition.results]
        names = dict.fromkeys(name for block in blocks for name in block)
        nothing = [np.full(len(block["epoch"]), np.nan) for block in blocks]
        parts = {name: [block.get(name, nan) for block, nan in zip(blocks, nothing, strict=True)] for name in names}
        return {name: np.concatenate(arrays) for name, arrays in parts.items()}

    def _block(self, condition: Condition, result: CostResult) -> dict[str, Array]:
        """The columns of one cost under one condition."""
        history, first = result.history, 0 if self.config is None else self.config.seed
        epochs, n = history["epoch"], len(history) * self.seeds
        policy = {"rate_policy": condition.policy} if condition.policy else {}
        values = {**condition.vary, **policy, "cost": result.cost}.items()
        block = {key: np.fromiter(itertools.repeat(value, n), dtype=object, count=n) for key, value in values}
        block["seed"] = np.repeat(np.arange(first, first + self.seeds), len(epochs))
        block["epoch"] = np.tile(epochs, self.seeds)
        return block | {name: history[name].T.ravel() for name in history.columns if name != "epoch"}

    @property
    def curves(self) -> Any:
        """The curves as a pandas DataFrame where pandas is installed, else the dict of columns."""
        try:
            import pandas as pd
        except ImportError:
            return self.columns
        return pd.DataFrame(self.columns)

    def plot(self, ax: Any = None) -> Any:
        """Draw the comparison: the error of every cost into an Axes, or without one the whole figure."""
        if ax is None:
            return plots.draw("compare", [self.subject()])
        plots.error_curves(ax, self.subject(), 0).legend()
        return ax

    def subject(self) -> ComparisonSubject:
        """What this comparison offers its pictures."""
        target, conditions = self.targets[0], self.conditions
        rows = [condition.results for condition in conditions]
        times = [[condition.predicted(result, target) for result in condition.results] for condition in conditions]
        pairs = [[condition.speedups[one][0] for one in self.targets] for condition in conditions]
        ends = np.array([[_ends(pair) for pair in row] for row in pairs])
        bounds = [[pair.bound for pair in row] for row in pairs]
        return ComparisonSubject(
            name=self.name,
            costs=self.costs,
            conditions=tuple(condition.label for condition in conditions),
            vary=self._varied(),
            target=target,
            part=self.part,
            settings=self._settings(),
            histories=[[result.history for result in row] for row in rows],
            arrivals=np.array([[result.times(target) for result in row] for row in rows]),
            limits=np.array([[result.epochs for result in row] for row in rows]),
            speedups=ends[:, 0],
            bounds=[row[0] for row in bounds],
            kaplan_meier=kaplan_meier,
            theory=[[condition.theory(result) for result in condition.results] for condition in conditions],
            predicted={
                cost: [epochs for epochs in column if epochs is not None]
                for cost, column in zip(self.costs, zip(*times, strict=True), strict=True)
                if None not in column
            },
            surfaces=self.surfaces,
            axes=self.axes,
            targets=self.targets,
            policies=[condition.policy for condition in conditions] if self.rate_policy == EACH else (),
            pair_speedups=ends,
            pair_bounds=bounds,
            beyond_chance=np.array([[self.config is None or pair.faster is not None for pair in row] for row in pairs]),
        )

    def _varied(self) -> Mapping[str, Sequence[object]]:
        """The keys whose product the conditions are: those varied, and the neuron's two starts beside them."""
        starts = dict.fromkeys(one.vary["start"] for one in self.conditions if "start" in one.vary)
        return {**self.vary, "start": tuple(starts)} if self.vary and starts else self.vary

    def _settings(self) -> str:
        """The learning rates, where they come from, and the number of seeds, in a line."""
        columns = zip(*(condition.results for condition in self.conditions), strict=True)
        words = ", ".join(f"{column[0].cost} {_range([r.learning_rate for r in column])}" for column in columns)
        given = [cost for cost in self.costs if cost in verdict.costs_given(self)]
        some = [f"{', '.join(given)} given"] if given else []
        policy = [] if given and self.rate_policy == "same" else [self.rate_policy]
        origin = "given" if len(given) == len(self.costs) else ", ".join([*policy, *some])
        return f"learning rates: {words} ({origin}); {self.seeds} seed{'s' if self.seeds > 1 else ''}"


def _ends(pair: Speedup) -> tuple[float, float, float]:
    """Median and interval of a speed-up, NaN for what is not known or has no end."""
    median, low, high = (np.nan if end is None else end for end in (pair.median, pair.low, pair.high))
    return median, low, high


def _range(rates: list[float]) -> str:
    """A rate, or the smallest and the largest of several."""
    return " to ".join(f"{rate:.3g}" for rate in dict.fromkeys((min(rates), max(rates))))
