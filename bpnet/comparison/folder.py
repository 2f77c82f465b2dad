"""The two data files of a comparison's folder: its curves as a table, and its arrays, from which it is read again."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from bpnet.comparison.results import Condition, CostResult, Sweep, SweepRow
from bpnet.comparison.statistics import Arrivals, Speedup
from bpnet.history import History
from bpnet.metrics import Array, Target
from bpnet.plots.subjects import Surface

DIGITS = 9  # significant digits in curves.csv: all that float32 holds
QUOTED = frozenset(',"\r\n')  # characters for which a cell of a CSV file is put between quotes


def csv_text(columns: Mapping[str, Array]) -> str:
    """Columns as CSV; numbers with nine digits, and nothing for NaN."""
    cells, formats = [], []
    for column in columns.values():
        number = column.dtype.kind in "if" and not np.isnan(column).any()
        cells.append(column.tolist() if number else [_cell(value) for value in column.tolist()])
        formats.append(f"%.{DIGITS}g" if number and column.dtype.kind == "f" else "%s")
    line = ",".join(formats) + "\n"
    return ",".join(columns) + "\n" + "".join([line % row for row in zip(*cells, strict=True)])


def _cell(value: object) -> str:
    """A value as CSV has it."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.{DIGITS}g}"
    text = "" if value is None else str(value)
    return text if QUOTED.isdisjoint(text) else '"' + text.replace('"', '""') + '"'


def arrays(conditions: Sequence[Condition], surfaces: Sequence[Surface]) -> dict[str, Array]:
    """Every array of a comparison by a name that says where it belongs: `0/1/final/error`, with its number before it.

    The number keeps the order, which the file does not.
    """
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


def read(
    summary: Mapping[str, Any], named: Mapping[str, Array], targets: Sequence[Target]
) -> tuple[tuple[Condition, ...], tuple[Sweep, ...], tuple[Surface, ...]]:
    """The conditions, sweeps and surfaces that summary.json and the arrays hold."""
    ordered = sorted(named, key=lambda name: int(name.partition(" ")[0]))
    named = {name.partition(" ")[2]: named[name] for name in ordered}
    conditions = tuple(
        Condition(
            vary=content["vary"],
            results=tuple(
                _result(cost, content["costs"][cost], targets, _below(named, f"{c}/{k}/"))
                for k, cost in enumerate(summary["costs"])
            ),
            speedups=tuple(Speedup(**pair) for pair in content["speedups"]),
            start=content["start"],
        )
        for c, content in enumerate(summary["conditions"])
    )
    kept = ((cost, _below(named, f"surface/{k}/")) for k, cost in enumerate(summary["costs"]))
    surfaces = tuple(Surface(cost=cost, **members) for cost, members in kept if members)
    return conditions, tuple(_sweep(content) for content in summary["sweeps"]), surfaces


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
    names = [field.name for field in fields(Arrivals)]
    rows = (
        SweepRow(row["rate"], Arrivals(**{name: row[name] for name in names}), row["error"]) for row in content["rows"]
    )
    return Sweep(**{**content, "rows": tuple(rows)})
