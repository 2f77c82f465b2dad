"""Which cost goes with which output activation: what tests over all pairs leave out."""

from bpnet.activations import ACTIVATIONS
from bpnet.costs import cost_for
from bpnet.errors import UsageError


def fits(cost, output):
    """Whether a network with this cost and this output activation can be made."""
    try:
        cost_for(cost, ACTIVATIONS[output])
    except UsageError:
        return False
    return True
