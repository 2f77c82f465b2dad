"""What a config asks for that its data speak against: said before training, never changed behind the user's back."""

from collections.abc import Callable

import numpy as np

from bpnet.config import Config
from bpnet.data import Array, Dataset
from bpnet.datasets.scaling import extent, mean_and_deviation

WIDE_TARGETS = 10  # standard deviation of a target; errors of that size make steps that throw the weights far off
WIDE_INPUTS = 100  # times the range of the narrowest input; one rate cannot suit weights of such different slopes
CURVED = ("newton", "gauss-newton")  # optimisers whose whole step has the rate 1
STEADY = ("adam", "adamw", "rmsprop", *CURVED)  # optimisers whose steps do not grow with the gradient


def advise(config: Config, train: Dataset) -> tuple[str, ...]:
    """Sentences, each with its key and its remedy, for the training part as a network is shown it."""
    return tuple(sentence for rule in ADVICE if (sentence := rule(config, train)))


def wide_targets(config: Config, train: Dataset) -> str:
    """Quantities that spread widely are to be scaled."""
    if train.classes or config.data.scale_target != "none":
        return ""
    _, deviation = mean_and_deviation(train.y)
    widest = int(deviation.argmax())
    if deviation[widest] <= WIDE_TARGETS:
        return ""
    rate = f", or take a much smaller learning rate than {config.train.learning_rate:g}"
    remedy = f"scale them with data.scale_target=standard{'' if config.train.optimizer.name in STEADY else rate}"
    return f"data.scale_target: the targets spread over {_round(_spread(train.y)[widest])}; {remedy}"


def uneven_inputs(config: Config, train: Dataset) -> str:
    """Inputs of which one spreads much farther than another are to be scaled; pixels, all within a unit, are not."""
    if config.data.scale != "none":
        return ""
    spread = _spread(train.x)
    least, most = np.where(spread > 0, spread, np.inf).argmin(), spread.argmax()
    if spread[most] <= 1 or spread[most] <= WIDE_INPUTS * spread[least]:
        return ""
    names = [repr(name) for name in train.features] or [str(column) for column in range(train.n_in)]
    wide, narrow = (f"{_round(spread[column])} in column {names[column]}" for column in (most, least))
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


def part_of_a_step(config: Config, train: Dataset) -> str:
    """A rule of curvature knows how long its step is; another rate than 1 takes a part of it, or more."""
    name, rate = config.train.optimizer.name, config.train.learning_rate
    if name not in CURVED or rate == 1:
        return ""
    return f"train.learning_rate: a step of {name} is whole at 1.0, and {rate:g} takes that share of it; take 1.0"


def _spread(x: Array) -> Array:
    """From the least to the largest number of each column, (k,)."""
    low, high = extent(x)
    return high - low


def _round(number: float) -> str:
    """A number to three digits, written out up to a million."""
    return f"{number:.3g}" if abs(number) < 100 else f"{number:.0f}" if abs(number) < 1e6 else f"{number:.2g}"


ADVICE: tuple[Callable[[Config, Dataset], str], ...] = (wide_targets, uneven_inputs, large_batch, part_of_a_step)
