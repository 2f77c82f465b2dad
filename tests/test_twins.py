"""A command and its function in the library are twins: the same names, the same defaults, the same results."""

import inspect
import json
from pathlib import Path

import click
import pytest

import bpnet as library
from bpnet import cli, comparison, config, datasets, runs
from bpnet.cli.options import LibraryOption, numbers
from bpnet.files import json_text

pytestmark = pytest.mark.usefixtures("elsewhere")

TWINS = {
    "train": library.train,
    "compare": comparison.comparing,  # bpnet.compare passes its options on
    "sweep": comparison.sweeping,  # bpnet.sweep passes its options on
    "plot": library.plot,
    "evaluate": library.evaluate,
    "predict": library.predict,
    "costs": library.inspect_costs,
    "gradcheck": library.check_gradient,
    "init": config.find,
    "validate": library.load_config,
    "show": config.resolve,
    "schema": config.schema,
    "datasets": datasets.describe,
    "runs": runs.all_runs,
    "doctor": runs.doctor,
}
SAVE = {"compare": comparison.Comparing.keep}  # the twin that takes the rest: a comparison has a folder, then trains
PRINTING = {"as_json", "quiet"}
OF_THEIR_OWN = {"resume", "dry_run"}  # options that are functions of their own, tested below

# What each command is called with, by the names of its twin.
CALLS = {
    "train": {"config": "xor", "sets": ["train.epochs=20", "train.l2=0.1"], "seed": 3, "out": "one"},
    "compare": {
        "costs": ["mse", "ce"],
        "config": "moons",
        "sets": ["train.epochs=5"],
        "seed": 1,
        "seeds": 3,
        "rates": {"ce": 0.5},
        "rate_policy": "matched",
        "own": {"ce": {"train.l2": 0.1}},
        "vary_data": True,
        "vary": {"network.init_scale": [1, 4]},
        "targets": ["error<0.45"],
        "check_every": 2,
        "check_on": 3,
        "surface": True,
    },
    "sweep": {
        "config": "moons",
        "sets": ["train.epochs=2"],
        "seed": 1,
        "seeds": 2,
        "vary": {"network.init_scale": [1, 4]},
        "out": "one",
    },
    "plot": {"runs": ["moons"], "kind": "boundary", "out": "again.png"},
    "evaluate": {"run": "moons", "file": "x.csv", "header": False, "delimiter": ";"},
    "predict": {"run": "moons", "file": "new.csv", "header": False, "delimiter": ";"},
    "costs": {"costs": ["mse", "ce"], "z": [-4, 0, 40], "y": [0, 1], "output": "sigmoid", "out": "costs.png"},
    "gradcheck": {"config": "iris", "sets": ["network.hidden=[5]"], "seed": 2, "second_order": True},
    "init": {"name": "xor"},
    "validate": {"files": ["xor"]},
    "show": {"config": "xor", "sets": ["train.epochs=5"], "seed": 3},
    "schema": {},
    "datasets": {},
    "runs": {"folder": "."},
    "doctor": {},
}

# What the command prints, made from what the twin returns.
PRINTED = {
    "train": lambda summary: summary.as_json(),
    "compare": lambda result: result.as_json(),
    "sweep": lambda swept: swept.as_json(),
    "plot": lambda files: "".join(f"{file}\n" for file in files),
    "evaluate": lambda parts: parts,
    "predict": lambda rows: {"predictions": rows},
    "costs": lambda result: result.as_json(),
    "gradcheck": lambda result: result.as_json(),
    "init": lambda path: path.read_text(),
    "validate": lambda loaded: f"{loaded.name}: ok\n",
    "show": lambda resolved: {
        key: {"value": value, "from": resolved.origins[key]} for key, value in config.values(resolved.config).items()
    },
    "schema": lambda schema: schema,
    "datasets": lambda table: table,
    "runs": lambda folders: {"runs": [folder.as_json() for folder in folders]},
    "doctor": lambda report: report,
}
DIFFERENT = {"run", "status", "seconds"}  # what two calls of the same do not share, or the folder adds


@pytest.fixture
def moons():
    library.train("moons", sets=["train.epochs=3"], out="moons")
    Path("x.csv").write_text("0.5;0.2;upper\n-0.5;1;lower\n")
    Path("new.csv").write_text("0.5;0.2\n-0.5;1\n")


def command_line(name):
    """The arguments that say on the command line what a call says by name."""
    words = [name]
    for parameter in cli.COMMANDS[name].params:
        value = CALLS[name].get(parameter.name)
        if value is None:
            continue
        if parameter.name == "own":
            value = [(cost, f"{key}={v}") for cost, settings in value.items() for key, v in settings.items()]
        elif isinstance(value, dict):
            value = [f"{key}={','.join(map(str, v)) if isinstance(v, list) else v}" for key, v in value.items()]
        if parameter.callback is numbers:
            value = ",".join(map(str, value))
        values = value if isinstance(value, list) else [value]
        if isinstance(parameter, click.Argument):
            words += values
        elif isinstance(value, bool):
            words += parameter.opts[:1] if value else parameter.secondary_opts[:1]
        else:
            pairs = [value if isinstance(value, tuple) else (value,) for value in values]
            words += [word for pair in pairs for word in (parameter.opts[0], *pair)]
    return words


def names(function):
    return inspect.signature(function).parameters


def options(name):
    return [parameter for parameter in cli.COMMANDS[name].params if isinstance(parameter, click.Option)]


def test_every_command_has_a_twin():
    assert TWINS.keys() == CALLS.keys() == PRINTED.keys() == cli.COMMANDS.keys()


@pytest.mark.parametrize("name", TWINS)
def test_a_command_lives_in_the_file_of_its_name(name):
    assert cli.COMMANDS[name].callback.__module__ == f"bpnet.cli.{name}"
    assert cli.COMMANDS[name].callback.__name__ == name


@pytest.mark.parametrize("name", TWINS)
def test_every_option_is_a_parameter_of_the_twin(name):
    known = names(TWINS[name]).keys() | (names(SAVE[name]).keys() if name in SAVE else set())
    for option in options(name):
        assert option.name in known | PRINTING | OF_THEIR_OWN, f"{name} {option.opts[0]}"


@pytest.mark.parametrize("name", [name for name in TWINS if name != "validate"])
def test_every_argument_is_a_parameter_of_the_twin(name):
    """All but those of validate, which loads one file after the other."""
    for parameter in cli.COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert parameter.name in names(TWINS[name])


@pytest.mark.parametrize("name", TWINS)
def test_defaults_are_those_of_the_twin(name):
    """A default that --help shows is read from the twin's signature; the others say the same as it."""
    required = [word for parameter in cli.COMMANDS[name].params if parameter.required for word in ["x", "x"]]
    context = cli.COMMANDS[name].make_context(name, required[:2])
    for option in options(name):
        parameter = names(TWINS[name]).get(option.name)
        if parameter is None or parameter.default is parameter.empty:
            assert not option.show_default
            continue
        assert (context.params[option.name] or None) == (parameter.default or None)
        if isinstance(option, LibraryOption):
            assert f"[default: {parameter.default}" in option.get_help_record(context)[1]
        else:
            assert not option.show_default


@pytest.mark.parametrize("name", TWINS)
def test_the_twin_gives_what_the_command_prints(bpnet, moons, name):
    has_json = any(option.name == "as_json" for option in options(name))
    code, out, err = bpnet(*command_line(name), *(["--json"] if has_json else []))
    assert code == 0, err
    keywords = CALLS[name] | ({"out": "two"} if name in ("train", "sweep") else {})
    if name == "compare":
        result = library.compare(**keywords)
    elif name == "sweep":
        result = library.sweep(**keywords)
    elif name == "validate":
        result = TWINS[name](*keywords["files"])
    else:
        result = TWINS[name](**keywords)
    expected = PRINTED[name](result)
    if isinstance(expected, str):
        assert out == expected
    else:
        expected = json.loads(json_text(expected))
        found = {key: value for key, value in json.loads(out).items() if key not in DIFFERENT}
        assert found == {key: value for key, value in expected.items() if key not in DIFFERENT}


def test_resume_and_the_dry_run_are_functions_of_their_own(bpnet):
    """--resume is bpnet.resume; --dry-run prints the experiment that bpnet.experiment makes of the config."""
    from bpnet import experiment

    plan = json.loads(bpnet("train", "-c", "moons", "--dry-run", "--json")[1])
    made = experiment.from_config(library.load_config("moons"))
    assert plan["layers"] == made.network.sizes
    assert plan["examples"] == {name: len(part) for name, part in made.splits.present.items()}
    for out in ("one", "two"):
        library.train("xor", sets=["train.epochs=2"], out=out)
    summary = json.loads(bpnet("train", "--resume", "one", "--set", "train.epochs=4", "--json", "-q")[1])
    assert summary["train"] == library.resume("two", epochs=4).parts["train"]


def test_a_comparison_is_resumed_by_a_function_of_its_own(bpnet):
    """--resume is bpnet.comparing_again: iterate over it, then save it."""
    for out in ("one", "two"):
        under_way = library.comparing(["mse", "ce"], "xor", seeds=2, sets=["train.epochs=20"])
        under_way.keep(out)
        steps = iter(under_way)
        assert next(steps).done == 1
        steps.close()
    again = library.comparing_again("one")
    for _ in again:
        pass
    assert again.save() == Path("one")
    summary = json.loads(bpnet("compare", "--resume", "two", "--json", "-q")[1])
    found = {key: value for key, value in summary.items() if key not in DIFFERENT}
    assert found == {k: v for k, v in json.loads(Path("one/summary.json").read_text()).items() if k not in DIFFERENT}


def test_a_loaded_config_is_taken_as_it_is():
    loaded = library.load_config("xor")
    assert library.train(loaded).parts["train"]["accuracy"] == 1
    assert library.compare(["mse", "ce"], loaded, seeds=2).config.name == "xor"
