"""What a config asks for that its data speak against: said before training, never changed behind the user's back."""

from collections.abc import Callable

import numpy as np

from bpnet.config import Config
from bpnet.data import Dataset

WIDE_TARGETS = 10
WIDE_INPUTS = 100
STEADY = ("adam", "rmsprop")


def advise(config: Config, train: Dataset) -> tuple[str, ...]:
    """Sentences, each with its key and its remedy, about the training part as a network is shown it."""
    said = (look(config, train) for look in ADVICE)
    return tuple(sentence for sentence in said if sentence)


def wide_targets(config: Config, train: Dataset) -> str:
    """Quantities whose standard deviation is above 10 make steps that throw the weights far off."""
    if train.classes or config.data.scale_target != "none":
        return ""
    widest = int(train.y.std(axis=0, dtype=np.float64).argmax())
    column = train.y[:, widest]
    if column.std(dtype=np.float64) <= WIDE_TARGETS:
        return ""
    rate = f", or take a much smaller learning rate than {config.train.learning_rate:g}"
    remedy = f"scale them with data.scale_target=standard{'' if config.train.optimizer.name in STEADY else rate}"
    return f"data.scale_target: the targets spread over {_round(np.ptp(column))}; {remedy}"


def uneven_inputs(config: Config, train: Dataset) -> str:
    """An input that spreads a hundred times as far as another; what stays within a unit, as pixels do, is well."""
    if config.data.scale != "none":
        return ""
    spread = np.ptp(train.x, axis=0)
    least, most = np.where(spread > 0, spread, np.inf).argmin(), spread.argmax()
    if spread[most] <= 1 or spread[most] <= WIDE_INPUTS * spread[least]:
        return ""
    wide, narrow = (f"{_round(spread[column])} in {_label(train, int(column))}" for column in (most, least))
    return f"data.scale: the inputs spread over {wide} and {narrow}; scale them with data.scale=standard"


def large_batch(config: Config, train: Dataset) -> str:
    """A mini-batch of more examples than there are is all of them."""
    size = config.train.batch_size
    if size == "full" or size <= len(train):
        return ""
    return (
        f"train.batch_size: {size} is more than the {len(train)} examples to train on, so a step takes all of them; "
        "say train.batch_size=full if that is meant"
    )


def _round(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}" if abs(value) < 1e6 else f"{value:.2g}"


def _label(data: Dataset, column: int) -> str:
    return f"column {data.features[column]!r}" if data.features else f"column {column}"


ADVICE: tuple[Callable[[Config, Dataset], str], ...] = (wide_targets, uneven_inputs, large_batch)
