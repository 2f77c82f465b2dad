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


def arrays(conditions: Sequence[Condition], surfaces: Sequence[Surface]) -> dict[str, Array]:
    """Every array of a comparison, named like `7 0/1/final/error`: the number keeps the order, the file does not."""
    named: dict[str, Array] = {}
    for c, condition in enumerate(conditions):
        for k, result in enumerate(condition.results):
            groups: dict[str, Mapping[Any, Array]] = {
                "history": {name: result.history[name] for name in result.history.columns},
                "updates": dict(enumerate(result.updates.values())),
                "final": result.final,
                "classes": {"recall": result.recall, "slopes": result.slopes},
            }
            for group, members in groups.items():
                named |= {f"{c}/{k}/{group}/{name}": array for name, array in members.items()}
    for k, surface in enumerate(surfaces):
        named |= {f"surface/{k}/{name}": array for name, array in vars(surface).items() if name != "cost"}
    return {f"{number} {name}": array for number, (name, array) in enumerate(named.items())}


def read(summary: Mapping[str, Any], named: Mapping[str, Array]) -> dict[str, Any]:
    """The fields of a `Comparison` that summary.json and the arrays hold together, or as lists, by name."""
    ordered = sorted(named, key=lambda name: int(name.partition(" ")[0]))
    named = {name.partition(" ")[2]: named[name] for name in ordered}
    costs, targets = summary["costs"], tuple(parse_target(text) for text in summary["targets"])
    conditions = tuple(
        Condition(
            vary=content["vary"],
            results=tuple(
                _result(cost, content["costs"][cost], targets, _below(named, f"{c}/{k}/"))
                for k, cost in enumerate(costs)
            ),
            speedups=tuple(Speedup(**pair) for pair in content["speedups"]),
            start=content["start"],
        )
        for c, content in enumerate(summary["conditions"])
    )
    kept = ((cost, _below(named, f"surface/{k}/")) for k, cost in enumerate(costs))
    return {
        "targets": targets,
        "conditions": conditions,
        "sweeps": tuple(_sweep(content) for content in summary["sweeps"]),
        "surfaces": tuple(Surface(cost=cost, **members) for cost, members in kept if members),
        "axes": (summary["axes"][0], summary["axes"][1]),
        "vary": {key: tuple(values) for key, values in summary["vary"].items()},
        "classes": tuple(summary["classes"]),
    }


def _below(named: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in named.items() if name.startswith(prefix)}


def _result(cost: str, content: Mapping[str, Any], targets: Sequence[Target], named: Mapping[str, Array]) -> CostResult:
    """One cost under one condition."""
    columns = {name: list(array) for name, array in _below(named, "history/").items()}
    return CostResult(
        cost=cost,
        learning_rate=content["learning_rate"],
        epochs=content["epochs"],
        steps=content["updates"],
        history=History(columns | {"epoch": named["history/epoch"].tolist()}),
        updates={target: named[f"updates/{t}"] for t, target in enumerate(targets)},
        final=_below(named, "final/"),
        **_below(named, "classes/"),
    )


def _sweep(content: Mapping[str, Any]) -> Sweep:
    """What tuning tried for one cost under one condition."""
    rows = []
    for row in content["rows"]:
        arrivals = Arrivals(**{field.name: row[field.name] for field in fields(Arrivals)})
        rows.append(SweepRow(row["rate"], arrivals, row["error"]))
    return Sweep(**{**content, "rows": tuple(rows)})
