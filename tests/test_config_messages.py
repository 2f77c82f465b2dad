"""A config for others to read: as YAML that loads the same, as JSON Schema, as a table for the documentation."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bpnet import config
from bpnet.activations import ACTIVATIONS
from bpnet.config.fields import OPTIONS, parameters
from bpnet.costs import COSTS
from bpnet.datasets import DATASETS
from bpnet.datasets.scaling import SCALINGS
from bpnet.initializers import INITIALIZERS
from bpnet.optimizers import OPTIMIZERS, SCHEDULES
from bpnet.training import MONITORS

ENTRIES = [*DATASETS.values(), *INITIALIZERS.values(), *OPTIMIZERS.values(), *SCHEDULES.values()]


def with_train(**keys):
    return {"data": {"name": "xor"}, "train": keys}


def numbers(low=None, high=None, **open_ends):
    return st.floats(low, high, allow_nan=False, allow_infinity=False, **open_ends)


SHARES = numbers(0, 1, exclude_max=True)
PARTS = st.one_of(st.integers(0, 10**6), numbers(0, 0.3))
TEXTS = st.text(min_size=1).filter(lambda text: "\0" not in text)
DATA = st.one_of(
    st.fixed_dictionaries({"name": st.just("moons"), "samples": st.integers(1), "noise": numbers(0)}),
    st.fixed_dictionaries({"name": st.just("mnist"), "divisor": numbers(0, exclude_min=True)}),
    st.fixed_dictionaries(
        {"name": st.just("csv"), "path": TEXTS},
        optional={"target": st.one_of(st.none(), st.integers(), TEXTS), "header": st.booleans()},
    ),
    st.fixed_dictionaries({"name": st.just("npz"), "path": TEXTS, "x": st.text(), "y": st.text()}),
)
SPLITS = st.fixed_dictionaries(
    {"validation": st.one_of(st.integers(1), numbers(0.01, 0.4))},
    optional={"train": PARTS, "test": PARTS, "shuffle": st.one_of(st.none(), st.booleans())},
)
NETWORKS = st.fixed_dictionaries(
    {},
    optional={
        "hidden": st.lists(st.integers(1, 10**9), max_size=4),
        "activation": st.sampled_from([name for name in ACTIVATIONS if name != "softmax"]),
        "output": st.sampled_from(["auto", "sigmoid", "softmax"]),
        "init": st.one_of(
            st.sampled_from(list(INITIALIZERS)),
            st.fixed_dictionaries({"name": st.just("constant"), "weight": numbers(), "bias": numbers()}),
        ),
        "init_scale": numbers(0, exclude_min=True),
        "output_bias": numbers(),
        "dtype": st.sampled_from(["float32", "float64"]),
    },
)
FOR_ALL_OUTPUTS = [
    name
    for name, cost in COSTS.items()
    if not cost.outputs or {"sigmoid", "softmax"} <= {output for form in (cost, *cost.forms) for output in form.outputs}
]
TRAININGS = st.fixed_dictionaries(
    {},
    optional={
        "cost": st.sampled_from(["auto", *FOR_ALL_OUTPUTS]),
        "epochs": st.integers(1),
        "batch_size": st.one_of(st.just("full"), st.integers(1)),
        "learning_rate": numbers(0, exclude_min=True),
        "optimizer": st.one_of(
            st.sampled_from(list(OPTIMIZERS)),
            st.fixed_dictionaries({"name": st.just("adam"), "beta1": SHARES, "epsilon": numbers(0, exclude_min=True)}),
        ),
        "l2": numbers(0),
        "dropout": SHARES,
        "early_stopping": st.one_of(st.none(), st.integers(1)),
        "schedule": st.one_of(st.none(), st.sampled_from(list(SCHEDULES))),
        "monitor": st.lists(st.sampled_from(list(MONITORS))),
        "measure_test": st.booleans(),
    },
)
CONFIGS = st.builds(
    lambda name, seed, data, split, rest: {"name": name, "seed": seed, "data": data | {"split": split}} | rest,
    st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", fullmatch=True),
    st.integers(0),
    DATA,
    SPLITS,
    st.fixed_dictionaries({}, optional={"network": NETWORKS, "train": TRAININGS}),
)


@pytest.fixture(scope="module")
def dumped(tmp_path_factory):
    return tmp_path_factory.mktemp("dump") / "config.yaml"


@settings(max_examples=150, deadline=None)
@given(mapping=CONFIGS)
def test_a_dumped_config_is_loaded_the_same(dumped, mapping):
    chosen = config.load(mapping)
    dumped.write_text(config.dump(chosen), encoding="utf-8")
    assert config.load(dumped) == chosen


@settings(max_examples=50, deadline=None)
@given(mapping=CONFIGS)
def test_a_dumped_config_means_the_same_to_readers_of_yaml_1_1(mapping):
    chosen = config.load(mapping)
    assert config.load(yaml.safe_load(config.dump(chosen))) == chosen


def test_a_dump_reads_as_if_written_by_hand():
    text = config.dump(config.load(with_train(optimizer="adam", monitor=["slope"], l2=1e-8)))
    lines = text.splitlines()
    assert lines[:5] == ["name: config", "seed: 0", "", "data:", "  name: xor"]
    assert "  split: {train: 0, validation: 0, test: 0, shuffle: null}" in lines
    assert "  optimizer: {name: adam, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-08}" in lines
    assert {"  hidden: [30]", "  init: default", "  monitor: [slope]", "  l2: 1.0e-08"} <= set(lines)


def test_every_value_of_a_dump_has_an_origin():
    resolved = config.resolve("xor", ["train.optimizer=adam"])
    leaves = _leaves(yaml.safe_load(config.dump(resolved.config)))
    assert list(resolved.origins) == leaves


def test_every_value_has_its_key_and_its_origin():
    resolved = config.resolve("xor", ["train.optimizer=adam"])
    values = config.values(resolved.config)
    assert values.keys() == resolved.origins.keys()
    assert (values["train.optimizer.beta1"], values["train.schedule"], values["network.init"]) == (0.9, None, "default")


def _leaves(values, section=""):
    found = []
    for name, value in values.items():
        found += _leaves(value, f"{section}{name}.") if isinstance(value, dict) else [section + name]
    return found


def test_every_option_of_every_entry_is_described():
    options = {option for entry in ENTRIES for option in parameters(entry)}
    of_one = {f"{option} ({name})" for name, entry in DATASETS.items() for option in parameters(entry)}
    assert options <= OPTIONS.keys() <= options | of_one


def _objects(schema):
    if isinstance(schema, dict) and schema.get("type") == "object":
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _objects(inner)


def test_the_schema_is_closed_at_every_level():
    objects = list(_objects(config.schema()))
    assert len(objects) == 4 + len(ENTRIES)
    assert all(one["additionalProperties"] is False for one in objects)


def test_the_schema_describes_every_key_that_is_no_section():
    for one in _objects(config.schema()):
        assert all(key.get("description") or "$ref" in key for key in one["properties"].values())


def test_the_schema_names_its_dialect():
    assert config.schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def _entries(schema, key):
    return {one["properties"]["name"]["const"]: one for one in schema[key] if "properties" in one}


def test_the_schema_has_each_dataset_with_its_own_options():
    entries = _entries(config.schema()["properties"]["data"], "oneOf")
    assert entries.keys() == DATASETS.keys()
    assert entries["moons"]["properties"]["noise"]["default"] == 0.1
    assert entries["csv"]["required"] == ["name", "path"]


def test_the_schema_takes_a_choice_by_name_or_with_its_options():
    optimizer = config.schema()["$defs"]["TrainSection"]["properties"]["optimizer"]
    assert optimizer["anyOf"][0] == {"enum": list(OPTIMIZERS)}
    assert _entries(optimizer, "anyOf").keys() == OPTIMIZERS.keys()


def test_the_schema_holds_the_domains():
    train = config.schema()["$defs"]["TrainSection"]["properties"]
    assert train["dropout"]["minimum"] == 0
    assert train["dropout"]["exclusiveMaximum"] == 1


def test_the_reference_has_a_row_for_every_key_a_dump_can_hold():
    rows = {row[0].partition(" ")[0]: row for row in config.reference()}
    for mapping in (
        with_train(optimizer="momentum"),
        with_train(optimizer="adam", schedule="step"),
        {"data": {"name": "csv", "path": "a"}},
    ):
        dump = yaml.safe_load(config.dump(config.load(mapping)))
        keys = [key for key in _leaves(dump) if not key.startswith("train.") or not key.endswith(".name")]
        assert set(keys) <= rows.keys()


def test_the_reference_tells_type_default_and_meaning():
    rows = {row[0]: row[1:] for row in config.reference()}
    assert rows["train.dropout"] == (
        "number >= 0, < 1",
        "0.0",
        "The share of hidden neurons left out in each step, at random.",
    )
    assert rows["train.batch_size"][:2] == ("whole number >= 1 or full", "10")
    assert rows["network.hidden"][:2] == ("list of whole number >= 1", "[30]")
    assert rows["data.noise (moons)"][:2] == ("number >= 0", "0.1")
    assert rows["data.path (csv)"][:2] == ("text", "")
    assert rows["data.scale"][0] == ", ".join(["none", *SCALINGS])
