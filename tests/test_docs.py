"""The documentation: every snippet runs, every name it gives is there, the reference is what the program says."""

import functools
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bpnet import cli, comparison, config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )?bpnet (compare (?:.*\\\n)*.*)$", re.M)


NOT_MEASURED = {  # numbers of the page on saturation that no run of its script gives, and where they come from
    "2015": "a year",
    "1988": "a year",
    "0.95": "where an output counts as saturated",
    "65,536": "2^16, how far a sweep is widened",
    "0.040": "the figure of the book",
    "0.048": "the figure of the book",
    "1.9": "the first version of bpnet, whose seeds shared one order",
    "2.15": "the same",
    "2.55": "the same",
    "300,000": "60 epochs of 5,000 steps",
}


class Planned(Exception):  # noqa: N818  (no error: how a test leaves a comparison before its first step)
    """A comparison was planned without a complaint."""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def comparisons():
    """The `bpnet compare` commands of all pages, those of finished runs aside, whose folders a reader has to make."""
    texts = (block for page in PAGES for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.S))
    commands = {command.replace("\\\n", " ") for text in texts for command in COMMAND.findall(text)}
    return sorted(command for command in commands if "runs/" not in command)


def name_of(path):
    return path.name


@pytest.mark.parametrize("snippet", blocks("python"))
def test_a_python_snippet_runs(snippet, tmp_path):
    done = subprocess.run([sys.executable, "-W", "error", "-c", snippet], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("snippet", re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "book.md").read_text(), re.S))
def test_a_snippet_of_the_page_on_the_book_runs(snippet, tmp_path, mnist_folder):
    environment = {**os.environ, "BPNET_DATA": str(mnist_folder.parent)}
    command = [sys.executable, "-W", "error", "-c", snippet]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", re.findall(r"`(book/[\w.-]+)`", (ROOT / "docs" / "book.md").read_text()))
def test_every_config_the_page_on_the_book_names_is_there(name):
    assert name in config.packaged()


def test_the_command_lines_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        command, _, out = line.partition(" > ")
        words = shlex.split(command)
        assert words[0] == "bpnet"
        assert cli.run(words[1:]) == 0, line
        printed = capsys.readouterr().out
        if out:
            Path(out).write_text(printed)
    assert cli.run(["validate", "my.yaml"]) == 0


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_a_page_names_is_there(page):
    text = page.read_text()
    named = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(
        r"`((?:bpnet|tests|configs|scripts|docs)/[\w./-]*)`", text
    )
    for name in named:
        assert (page.parent / name).exists() or (ROOT / name).exists(), f"{page.name} names {name}"


def test_every_script_a_page_names_is_there_and_may_be_run():
    for page in PAGES:
        for name in re.findall(r"\./scripts/([\w-]+)", page.read_text()):
            assert (ROOT / "scripts" / name).stat().st_mode & 0o100, f"{page.name} names {name}"


def test_the_registries_the_readme_names_are_where_it_says():
    for place, names in re.findall(r"\| `(bpnet/[\w/.]+)` \| (`[A-Z`, ]+`) \|", README):
        path = ROOT / place
        source = (path / "__init__.py" if path.is_dir() else path).read_text()
        for name in re.findall(r"[A-Z]+", names):
            assert re.search(rf"^{name}\b.*= {{", source, re.M), f"{name} is not in {place}"


def test_the_reference_is_what_the_program_says():
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "docs"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_file_of_a_run_is_in_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["train", "-c", "xor", "--set", "train.epochs=2", "-q", "--out", "run"]) == 0
    for path in Path("run").iterdir():
        assert f"`{path.name}`" in README, f"{path.name} is not explained"


def test_ci_calls_nothing_that_the_readme_does_not_name():
    for line in (ROOT / ".ci" / "run").read_text().splitlines():
        if line.startswith("scripts/"):
            assert f"./{line}" in README


@pytest.mark.parametrize("command", comparisons())
def test_a_comparison_that_a_page_prints_is_accepted(command, monkeypatch, request):
    """All that can be refused is refused before the first step, and there the test stops."""
    planned = comparison.comparing

    @functools.wraps(planned)
    def stop(*costs, **options):
        planned(*costs, **options)
        raise Planned

    if "mnist" in command:
        monkeypatch.setenv("BPNET_DATA", str(request.getfixturevalue("mnist_folder").parent))
    monkeypatch.setattr(comparison, "comparing", stop)
    with pytest.raises(Planned):
        cli.bpnet.main(shlex.split(command), standalone_mode=False)


@pytest.mark.parametrize("name", ["neuron", "animation"])
def test_a_table_of_the_page_on_saturation_is_what_the_program_measures(name, tmp_path):
    """The neuron has no randomness, so that its tables are the same everywhere. The others take minutes."""
    script = [sys.executable, str(ROOT / "scripts" / "saturation"), "--only", name, "--print", "--kept", str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "saturation.md").read_text()
    assert done.stdout.partition("\n")[2].strip() in page


def numbers(text):
    return [float(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?", text)]


def test_every_number_in_the_prose_on_saturation_stands_rounded_in_what_the_script_wrote():
    page = (ROOT / "docs" / "saturation.md").read_text()
    written = re.compile(r"<!-- [\w -]+ -->\n(.*?)<!-- end -->", re.S)
    measured = numbers("".join(written.findall(page)))
    prose = re.sub(r"```.*?```|`[^`]*`", "", written.sub("", page), flags=re.S)
    for found in re.finditer(r"(?<![\w./])\d+(?:[.,]\d+)+(?![\w/])|(?<![\w.])\d{2,}(?![\w.])", prose):
        (value,), digits = numbers(found[0]), len(found[0].partition(".")[2])
        place = prose[max(0, found.start() - 60) : found.end() + 20]
        assert found[0] in NOT_MEASURED or any(round(one, digits) == value for one in measured), place


def test_every_part_of_the_script_on_saturation_has_its_place_in_a_page():
    parts = runpy.run_path(str(ROOT / "scripts" / "saturation"))["EXPERIMENTS"]
    text = "".join(page.read_text() for page in PAGES)
    for name in (*parts, "machine"):
        assert re.search(rf"<!-- {name} -->\n(?!<!-- end -->)", text), f"{name} is nowhere, or empty"
