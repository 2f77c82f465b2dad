"""docs/recurrent.md: each line it quotes is the program's, each command runs, and what is certain is printed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bpnet import cli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "recurrent.md").read_text()
SOURCE = [line.strip() for line in (ROOT / "bpnet" / "recurrent.py").read_text().splitlines()]
COMMANDS = re.findall(r"```sh\n(bpnet [^\n]*)\n```\n\n```\n(.*?)```", PAGE, re.S)
FEWER = {"train": ["--set", "train.epochs=1"], "compare": ["--set", "train.epochs=1", "--seeds", "2"], "gradcheck": []}


@pytest.mark.parametrize(
    "line", [x for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) for x in block.splitlines()]
)
def test_a_line_that_the_page_quotes_is_in_the_program(line):
    assert line in SOURCE


@pytest.mark.parametrize(("command", "printed"), COMMANDS)
@pytest.mark.usefixtures("elsewhere")
def test_a_command_of_the_page_runs_and_plans_what_it_says(command, printed, capsys):
    _, name, *words = shlex.split(command)
    assert cli.run([name, *words, *FEWER[name]]) == 0
    out = capsys.readouterr().out
    if "--dry-run" in words:
        assert printed.strip() in out
    if name == "gradcheck":
        assert printed.splitlines()[-1] in out


def test_the_states_computed_by_hand_are_those_of_the_network(tmp_path):
    ((command, printed),) = re.findall(r"```sh\n(python [^\n]*)\n```\n\n```\n(.*?)```", PAGE, re.S)
    words = [sys.executable, *shlex.split(command)[1:]]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == printed


def test_all_ten_questions_have_a_line_of_the_program_and_a_command():
    questions = re.split(r"^## \d+\. ", PAGE.partition("## Against PyTorch")[0], flags=re.M)[1:]
    assert len(questions) == 10
    for question in questions:
        assert "```python" in question
        assert "```sh" in question
