"""What is compared: costs by name, costs and networks of one's own, each perhaps with settings of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bpnet.costs import COSTS, Cost
from bpnet.errors import UsageError, did_you_mean, unknown
from bpnet.network import Network

Compared = str | Cost | type[Network]

WHOLE = ("network", "train")  # sections whose keys contenders may have otherwise, one by one
REPORTS = ("train.monitor", "train.measure_test")  # keys of a training that a comparison has no use for
SHARED = ("name", "seed", "data", "train.cost")  # keys, and a section, that all contenders have in common


@dataclass(frozen=True)
class Contender:
    """A cost under a name of its own.

    `cost` None stands for the config's own cost, which a class of networks with its own `cost_derivative` reports.
    `changes` are config keys that this contender alone has otherwise.
    """

    name: str
    cost: str | Cost | None
    network: type[Network] = Network
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_be_resumed(self) -> bool:
        """Whether its name says all about it; an object of Python's does not lie in a folder."""
        return self.cost == self.name


def contenders(compared: Sequence[Compared], own: Mapping[str, Mapping[str, Any]]) -> tuple[Contender, ...]:
    """The contenders with their `own` settings.

    Raises:
        UsageError: fewer than two, two of one name, an unknown cost, or own settings that nobody has or all must share.
    """
    if isinstance(compared, str):
        raise UsageError(f"costs come as a list, such as {compared.split()}")
    named = [_contender(cost) for cost in compared]
    names = [one.name for one in named]
    if len(named) < 2 or len(set(names)) < len(names):
        raise UsageError(f"a comparison takes two different costs or more; got {', '.join(names) or 'none'}")
    for name, changes in own.items():
        if name not in names:
            raise UsageError(f"--for {name}: no such cost is compared; {did_you_mean(name, names)}")
        for key in changes:
            if key in SHARED or key.partition(".")[0] in SHARED:
                raise UsageError(f"--for {name} {key}: what is compared has this in common; take it out")
            if key in WHOLE:
                raise UsageError(f"--for {name} {key}: a whole section; name a key of it, such as train.l2")
            if key in REPORTS:
                raise UsageError(f"--for {name} {key}: it changes nothing that is trained; take it out")
    return tuple(Contender(one.name, one.cost, one.network, own.get(one.name, {})) for one in named)


def _contender(compared: Compared) -> Contender:
    """A cost's name, a Cost or a subclass of Network as a contender."""
    if isinstance(compared, type) and issubclass(compared, Network):
        return Contender(compared.__name__, None, compared)
    if isinstance(compared, Cost):
        if COSTS.get(compared.name, compared) is not compared:
            raise UsageError(f"a cost of your own has the name of another one, {compared.name!r}; rename it")
        return Contender(compared.name, compared)
    if compared not in COSTS:
        raise unknown("cost", str(compared), COSTS)
    return Contender(compared, compared)
