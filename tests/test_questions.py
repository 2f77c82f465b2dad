"""The questions that people ask: every command of both pages runs and prints what the pages show."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "questions"))
ENGLISH, CHINESE = SCRIPT["PAGES"]
blocks, commands, run, same = (SCRIPT[name] for name in ("blocks", "commands", "run", "same"))


def first_command(block):
    return commands(block)[-1][:60]


@pytest.mark.parametrize("block", blocks(ENGLISH), ids=first_command)
def test_a_command_prints_what_the_page_shows(block):
    if not SCRIPT["can_run"](block):
        pytest.skip("PyTorch is not installed")
    found = run(block)
    assert same(block, found), found


def test_both_pages_ask_the_same_and_show_the_same():
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert len(blocks(ENGLISH)) >= 14
    headings = [re.findall(r"^## .+$", page.read_text(), re.M) for page in (ENGLISH, CHINESE)]
    assert len(headings[0]) == len(headings[1]) == len(blocks(ENGLISH))


def test_every_question_has_a_command_of_bpnet():
    assert all(any("bpnet " in command for command in commands(block)) for block in blocks(ENGLISH))


@pytest.mark.parametrize(
    ("found", "equal"),
    [
        ("a 1.0000001 in 9.9 s\n", True),
        ("a 1.1 in 0.2 s\n", False),
        ("b 1 in 0.2 s\n", False),
        ("a 1 2 in 0.2 s\n", False),
        ("a -1 in 0.2 s\n", False),
    ],
)
def test_another_output_is_noticed(found, equal):
    assert same("a 1 in 0.2 s\n", found) == equal


def test_the_front_page_has_six_lines_in_chinese_and_links_the_page():
    section = (ROOT / "README.md").read_text().partition("## 中文\n\n")[2].partition("\n\n")[0]
    assert len(section.splitlines()) == 6
    assert "(docs/questions.zh.md)" in section
