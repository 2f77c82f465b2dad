"""A dataset dealt into its parts: to train on, to validate with, to test with."""

import numpy as np

from bpnet.data import Array, Dataset, Splits
from bpnet.errors import UsageError
from bpnet.seeds import generator


def split(
    data: Dataset, validation: float = 0, test: float = 0, train: float = 0, shuffle: bool | None = None, seed: int = 0
) -> Splits:
    """Deal a dataset into train, validation and test.

    A part below 1 is a fraction of what there is to deal, else a count; train=0 is all that the others leave.
    Shuffled splits keep the shares of the classes. A published test set is the test part, and what remains is dealt,
    unless `test` asks for one of another size; shuffle=None shuffles all data but those with a published test set.
    A UsageError says that the parts leave nothing to train on, or that a part that was asked for is empty.
    """
    published = test == 0 and data.published_test > 0
    pool = data.take(slice(0, len(data) - data.published_test)) if published else data
    shuffle = not data.published_test if shuffle is None else shuffle
    counts = [_count(part, asked, len(pool)) for part, asked in (("validation", validation), ("test", test))]
    kept = len(pool) - sum(counts)
    wanted = _count("train", train, len(pool)) or kept
    if not 0 < wanted <= kept:
        raise UsageError(
            f"a split of {len(pool)} examples with {counts[0]} to validate and {counts[1]} to test leaves "
            f"{max(kept, 0)} to train on{f', not {wanted}' if wanted > kept > 0 else ''}; ask for less"
        )
    if shuffle:
        pool = pool.take(_stratified_order(pool, generator(seed, "split")))
    last = data.take(slice(len(pool), None)) if published else pool.take(slice(kept + counts[0], None))
    return Splits(pool.take(slice(0, wanted)), pool.take(slice(kept, kept + counts[0])) or None, last or None)


def _count(part: str, asked: float, n: int) -> int:
    """How many of n examples a part is; UsageError where one was asked for and that is none."""
    count = round(asked * n) if 0 < asked < 1 else int(asked)
    if asked and not count:
        raise UsageError(f"a {part} part of {asked:g} of {n} examples is empty; ask for more")
    return count


def _stratified_order(dataset: Dataset, rng: np.random.Generator) -> Array:
    """A random order of which any stretch has the classes in their shares, as nearly as whole examples allow."""
    order = rng.permutation(len(dataset))
    if not dataset.classes:
        return order
    shuffled, position = dataset.labels[order], np.empty(len(order))
    for label in np.unique(shuffled):
        members = np.flatnonzero(shuffled == label)
        position[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return order[np.argsort(position, kind="stable")]
