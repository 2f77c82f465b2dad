"""A training that is left in the middle, as a test's Ctrl-C leaves it."""

import pytest


def stop(under_way, after):
    """Train so many epochs, then leave as Ctrl-C does."""
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  (the loop is the command's)
        steps = iter(under_way)
        for _ in range(after):
            next(steps)
        steps.throw(KeyboardInterrupt())
