"""What `bpnet compare` prints: what was measured, the sweeps of rates, the policies side by side, the verdict."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bpnet.cli import options

if TYPE_CHECKING:
    from bpnet.comparison import Comparison, Condition, CostResult
    from bpnet.comparison.results import Sweep
    from bpnet.metrics import Target

NAME_WIDTH = 13  # columns; the names of all costs and most targets are no longer
PIPE_WIDTH = 10_000  # columns of a table that no terminal cuts


def measured(comparison: "Comparison") -> Iterator[str]:
    """The times and the end of each cost under each condition, and each sweep of rates."""
    for condition in comparison.conditions:
        yield from options.wrapped(condition.label or comparison.name)
        for result in condition.results:
            end = _end(comparison, condition, result)
            yield from options.wrapped(f"  {result.cost:<{NAME_WIDTH}} rate {result.learning_rate:<9.3g} {end}")
            for target in comparison.targets:
                yield from options.wrapped(f"    {target!s:<{NAME_WIDTH}} {_times(comparison, result, target)}")
    for sweep in comparison.sweeps:
        yield from options.wrapped(_sweep(comparison, sweep))


def concluded(comparison: "Comparison") -> Iterator[str]:
    """The policies side by side where there are several, and the verdict."""
    from bpnet.comparison.rates import EACH

    if comparison.rate_policy == EACH:
        yield ""
        yield from _policies(comparison)
    yield from verdict(comparison.verdict)


def verdict(text: str) -> Iterator[str]:
    """A verdict between empty lines."""
    yield ""
    for line in text.splitlines():
        yield from options.wrapped(line)
    yield ""


def _end(comparison: "Comparison", condition: "Condition", result: "CostResult") -> str:
    """Where a cost ended: `at the end: error 0.0016   accuracy 100.00 %`, with the seeds that diverged."""
    if condition.start is not None:
        return f"output after 300 epochs: {condition.output_after_300(result):.4f}"
    diverged = f"   {result.diverged} of {comparison.seeds} diverged" if result.diverged else ""
    return f"at the end: {options.format_measures(result.final_medians)}{diverged}"


def _times(comparison: "Comparison", result: "CostResult", target: "Target") -> str:
    """`in 36 epochs`; of several seeds `median 36 epochs; arrived 19 of 20 (Wilson .76 to .99); restricted mean 39`."""
    from bpnet.comparison.verdict import UNITS
    from bpnet.config.locations import counted

    times, units = result.arrivals(target, comparison.unit), UNITS[comparison.unit]
    limit = counted(result.limit(comparison.unit), *units)
    median = "" if times.median is None else counted(times.median, *units)
    if times.of == 1:
        return f"in {median}" if median else f"not within {limit}"
    median = median or f"beyond {limit}"
    share = f"arrived {times.reached} of {times.of} (Wilson {_share(times.low)} to {_share(times.high)})"
    mean = "mean" if times.reached == times.of else "restricted mean"
    return f"median {median}; {share}; {mean} {times.mean:.4g}"


def _share(share: float | None) -> str:
    """A share with two digits: `.76`, or 0 or 1."""
    return f"{share or 0:.2f}".removeprefix("0").removesuffix(".00") or "0"


def _sweep(comparison: "Comparison", sweep: "Sweep") -> str:
    """What tuning tried: `sweep of mse, init_scale = 4, mini-batches to error<0.3: rate 1.5 never, 3 in 62; best 3`."""
    from bpnet.comparison.results import label

    rows = (f"{row.rate:.3g} {_count(row.arrivals.median)}" for row in sweep.rows)
    head = ", ".join(filter(None, (f"sweep of {sweep.cost}", label(sweep.condition))))
    return f"{head}, mini-batches to {comparison.targets[0]}: rate {', '.join(rows)}; best {sweep.best:.3g}"


def _count(median: float | None) -> str:
    """A median time, in words where it never came."""
    return "never" if median is None else f"in {median:g}"


def _policies(comparison: "Comparison") -> Iterator[str]:
    """The speed-ups by policy and target as a table, with what its signs mean under it."""
    from rich.console import Console  # rich is slow to load, and only this table needs it
    from rich.table import Table

    from bpnet.comparison.verdict import table

    second, first = comparison.costs[1], comparison.costs[0]
    yield from options.wrapped(f"how many times sooner {second} arrived than {first}: median (95 % interval)")
    head, *rows = table(comparison.conditions, comparison.targets)
    drawn = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        drawn.add_row(*row)
    page = Console(file=io.StringIO(), width=options.width() or PIPE_WIDTH, markup=False, emoji=False, highlight=False)
    with page.capture() as capture:
        page.print(drawn)
    yield from (line.rstrip() for line in capture.get().splitlines())
    cells = " ".join(cell for row in rows for cell in row[1:])
    yield from (f"{sign} {meaning}" for sign, meaning in SIGNS.items() if sign in cells)


SIGNS = {
    "*": "chance is excluded (sign test, corrected)",
    "?": "not known, because too many seeds never arrived",
    "...": "no end is seen",
}
