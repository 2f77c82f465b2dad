"""The two data files of a comparison's folder: its curves as a table, and its arrays, from which it is read again."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from math import isnan
from typing import Any

import numpy as np

from bpnet.comparison.results import Condition, CostResult, Sweep, SweepRow
from bpnet.comparison.statistics import Arrivals, Speedup
from bpnet.comparison.targets import parse_target
from bpnet.history import History
from bpnet.metrics import Array, Target
from bpnet.plots.subjects import Surface

NUMBER = "%.9g"  # a number in curves.csv: all the digits that float32 holds


def csv_text(columns: Mapping[str, Array]) -> str:
    """Columns as CSV; numbers with nine digits, and nothing for NaN.

    A row is one format, because a million numbers handed to a csv writer one by one take a second.
    """
    cells, formats = [], []
    for column in columns.values():
        plain = column.dtype.kind in "if" and not np.isnan(column).any()
        cells.append(column.tolist() if plain else [_cell(value) for value in column.tolist()])
        formats.append(NUMBER if plain and column.dtype.kind == "f" else "%s")
    line = ",".join(formats) + "\n"
    return ",".join(map(_quoted, columns)) + "\n" + "".join([line % row for row in zip(*cells, strict=True)])


def _cell(value: object) -> str:
    """A value as CSV has it."""
    if isinstance(value, float):
        return "" if isnan(value) else NUMBER % value
    return "" if value is None else _quoted(str(value))


@cache
def _quoted(text: str) -> str:
    """A text as the csv module writes it, in quotes where it needs them."""
    cell = io.StringIO()
    csv.writer(cell, lineterminator="\n").writerow([text])
    return cell.getvalue()[:-1] if text else ""  # the writer ends a line, and quotes a line of one empty text


def result_arrays(results: Sequence[CostResult]) -> dict[str, Array]:
    """Every array and number of some results, named like `7 1/final/error`: the first number keeps the order."""
    named: dict[str, Array] = {}
    for k, result in enumerate(results):
        numbers = {name: np.array([getattr(result, name)]) for name in ("learning_rate", "epochs", "steps", "budget")}
        groups: dict[str, Mapping[Any, Array]] = {
            "history": {name: result.history[name] for name in result.history.columns},
            "updates": dict(enumerate(result.updates.values())),
            "final": result.final,
            "other": {"recall": result.recall, "slopes": result.slopes},
            "number": numbers,
            "path": {} if result.path is None else {"path": result.path},
        }
        for group, members in groups.items():
            named |= {f"{k}/{group}/{name}": array for name, array in members.items()}
    return {f"{number} {name}": array for number, (name, array) in enumerate(named.items())}


def read_results(costs: Sequence[str], targets: Sequence[Target], named: Mapping[str, Array]) -> list[CostResult]:
    """The results whose arrays these are, each of the cost of its place."""
    ordered = sorted(named, key=lambda name: int(name.partition(" ")[0]))
    plain = {name.partition(" ")[2]: named[name] for name in ordered}
    return [_result(cost, targets, _below(plain, f"{k}/")) for k, cost in enumerate(costs)]


def _result(cost: str, targets: Sequence[Target], named: Mapping[str, Array]) -> CostResult:
    """One cost under one condition."""
    columns = {name: list(array) for name, array in _below(named, "history/").items()}
    numbers: dict[str, Any] = {name: array.tolist()[0] for name, array in _below(named, "number/").items()}
    return CostResult(
        cost=cost,
        history=History(columns | {"epoch": named["history/epoch"].tolist()}),
        updates={target: named[f"updates/{t}"] for t, target in enumerate(targets)},
        final=_below(named, "final/"),
        recall=named["other/recall"],
        slopes=named["other/slopes"],
        **numbers,
        path=named.get("path/path"),
    )


def _below(named: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in named.items() if name.startswith(prefix)}


def surface_arrays(surfaces: Sequence[Surface]) -> dict[str, Array]:
    """The arrays of cost surfaces, named like `surface/0/values`."""
    return {
        f"surface/{k}/{name}": array
        for k, surface in enumerate(surfaces)
        for name, array in vars(surface).items()
        if name != "cost"
    }


def read(summary: Mapping[str, Any], named: Mapping[str, Array]) -> dict[str, Any]:
    """The fields of a `Comparison` that summary.json and the arrays hold together, or as lists, by name."""
    costs, targets = summary["costs"], tuple(parse_target(text) for text in summary["targets"])
    kept = [(cost, _below(named, f"surface/{k}/")) for k, cost in enumerate(costs)]
    results = read_results(
        [cost for _ in summary["conditions"] for cost in costs],
        targets,
        {name: array for name, array in named.items() if not name.startswith("surface/")},
    )
    conditions = tuple(
        Condition(
            vary=content["vary"],
            results=tuple(results[c * len(costs) : (c + 1) * len(costs)]),
            speedups={
                target: tuple(Speedup(**pair) for pair in content["speedups"][str(target)]) for target in targets
            },
            start=content["start"],
            policy=content["rate_policy"],
        )
        for c, content in enumerate(summary["conditions"])
    )
    return {
        "targets": targets,
        "conditions": conditions,
        "sweeps": tuple(_sweep(content) for content in summary["sweeps"]),
        "surfaces": tuple(Surface(cost=cost, **members) for cost, members in kept if members),
        "axes": (summary["axes"][0], summary["axes"][1]),
        "vary": {key: tuple(values) for key, values in summary["vary"].items()},
        "classes": tuple(summary["classes"]),
    }


def _sweep(content: Mapping[str, Any]) -> Sweep:
    """What tuning tried for one cost under one condition."""
    rows = []
    for row in content["rows"]:
        arrivals = Arrivals(**{field.name: row[field.name] for field in fields(Arrivals)})
        rows.append(SweepRow(row["rate"], arrivals, row["error"]))
    return Sweep(**{**content, "rows": tuple(rows)})
