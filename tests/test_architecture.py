"""The house: floors, sole importers, lengths, and what an import loads."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "bpnet"
FILES = sorted(ROOT.rglob("*.py"))

FLOORS = [
    {"errors", "activations", "products", "metrics", "seeds", "files"},
    {"costs", "initializers", "data", "history"},
    {"second_order"},
    {"optimizers"},  # its table names the steps of second_order
    {"training", "datasets", "plots"},
    {"network"},
    {"recurrent"},
    {"config", "model", "gradcheck"},
    {"experiment"},
    {"runs", "book"},
    {"comparison"},
    {"cli", "__init__", "__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
HOME = {
    "click": {"cli"},
    "rich": {"cli"},
    "yaml": {"config"},
    "pydantic": {"config"},
    "matplotlib": {"plots"},
    "sklearn": {"datasets"},
    "safetensors": {"model", "runs"},
    "PIL": {"datasets"},
    "threadpoolctl": {"runs", "training"},
    "scipy": {"comparison", "second_order"},
    "torch": {"gradcheck"},
    "joblib": {"comparison"},
    "distributed": {"comparison"},
}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def room(path):
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path):
    """(top-level package, room of ours or None) of every import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            head, _, rest = name.partition(".")
            yield head, (rest.split(".")[0] or "__init__") if head == "bpnet" else None


def label(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=label)
def test_imports_point_to_a_lower_floor_only(path):
    here = room(path)
    assert here in FLOOR, f"{path} stands on no floor"
    for head, theirs in imports(path):
        if head == "bpnet" and theirs in FLOOR and theirs != here:
            assert FLOOR[theirs] < FLOOR[here] or here == "__main__", f"{path} imports {theirs}"


@pytest.mark.parametrize("path", FILES, ids=label)
def test_each_library_has_one_home(path):
    for head, _ in imports(path):
        assert room(path) in HOME.get(head, {room(path)}), f"{path} imports {head}"
        if FLOOR[room(path)] < FLOOR["training"] and head not in HOME:
            assert head in {"bpnet", "numpy"} | sys.stdlib_module_names, f"{path}: numpy alone below the training"


@pytest.mark.parametrize("path", FILES, ids=label)
def test_files_and_functions_keep_their_length(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            body = node.end_lineno - node.lineno + 1 - (first.end_lineno - first.lineno + 1 if documented else 0)
            assert body <= LONGEST_FUNCTION, f"{path}: {node.name} has {body} lines"


@pytest.mark.parametrize("statement", ["import bpnet", "import bpnet.cli; bpnet.cli.run(['--help'])"])
def test_neither_the_import_nor_the_help_loads_scikit_learn_or_matplotlib(statement):
    code = f"{statement}\nimport sys\nprint([m for m in ('sklearn', 'matplotlib', 'scipy') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_everything_in_all_is_there():
    import bpnet

    for name in bpnet.__all__:
        assert getattr(bpnet, name) is not None
    with pytest.raises(AttributeError, match="netwrok"):
        bpnet.netwrok  # noqa: B018


def test_the_source_distribution_holds_what_its_tests_read():
    """Every folder and file at the project's root that a test, a script or the build names."""
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())
    included = set(project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    texts = [path.read_text() for path in [*ROOT.parent.glob("tests/*.py"), *ROOT.parent.glob("scripts/*")]]
    entries = [path.name for path in ROOT.parent.iterdir() if path.name not in ("runs", ".git", ".venv")]
    needed = {name for name in entries for text in texts if re.search(rf'ROOT[\w./ ()]* / "{re.escape(name)}"', text)}
    assert {"docs", "README.md", "scripts", ".ci"} <= needed
    assert needed <= included | {"pyproject.toml", ".gitignore"}


def test_bp1_stands_once():
    assert sum(path.read_text().count("# BP1") for path in FILES) == 1
