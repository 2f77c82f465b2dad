"""YAML as configs read it: the core schema of YAML 1.2, nothing that surprises, and every problem with its place."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpnet import config
from bpnet.config.text import DEEPEST, scalar
from bpnet.errors import ConfigError, UsageError

PLACE = re.compile(r".*x\.yaml:(\d+):(\d+): ")


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Loads a text as the file x.yaml."""
    path = tmp_path_factory.mktemp("yaml") / "x.yaml"

    def loaded(text, sets=()):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return config.load(path, sets)

    return loaded


@pytest.fixture
def refused(load):
    """What is wrong with a text: (line, column, sentence) of each problem, excerpts aside."""

    def problems(text):
        with pytest.raises(ConfigError) as caught:
            load(text)
        return [_told(problem) for problem in caught.value.problems]

    return problems


def _told(problem):
    head = PLACE.match(problem)
    return int(head[1]), int(head[2]), problem[head.end() :].partition("\n")[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5e+1", -5.0),
        ("010", 10),
        ("+7", 7),
        ("-0", 0),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("~", None),
        ("NULL", None),
        ("", None),
        ("-.INF", -math.inf),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text, value):
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["no", "Yes", "on", "OFF", "y", "1_000", "2024-01-01", "12:30", "0b11", "-0x1", "1e", ".", "tRUE", "0O7"]
)
def test_other_words_are_text(text):
    assert scalar(text) == text


def test_not_a_number_is_recognised():
    assert math.isnan(scalar(".nan"))


def test_whole_numbers_end_where_floats_do():
    assert scalar("9" * 300) == 10**300 - 1
    assert scalar("9" * 5000) == "9" * 5000


def test_quoted_numbers_are_text(refused):
    assert refused("data: {name: xor}\nseed: '3'\n") == [(2, 7, "seed: '3' is not a whole number; write 3")]


def test_underscores_do_not_make_numbers(refused):
    assert refused("data: {name: xor}\ntrain: {l2: 1_000}\n") == [
        (2, 13, "train.l2: '1_000' is not a number; write 1000")
    ]


def test_no_is_not_false(refused):
    assert refused("data: {name: xor, split: {shuffle: no}}") == [
        (1, 36, "data.split.shuffle: 'no' is not a truth value; write true or false")
    ]


def test_y_is_a_key_like_any_other(load):
    assert load("data: {name: npz, path: a.npz, y: targets}").data.options["y"] == "targets"


def test_a_key_given_twice_is_told_with_the_line_of_the_first(refused):
    text = "data: {name: xor}\ntrain:\n  epochs: 1\n  l2: 0\n  epochs: 2\n"
    assert refused(text) == [(5, 3, "train.epochs: given twice, the first time in line 3; keep one of the two")]


def test_anchors_and_aliases_are_refused_and_never_expanded(refused):
    text = "data: {name: xor}\nname: &n a\ntrain: {cost: *n}\n"
    assert refused(text) == [
        (2, 7, "name: the anchor &n is not read here; take it out"),
        (3, 15, "train.cost: the alias *n is not read here; write the value out"),
    ]


def test_an_alias_that_was_never_anchored_is_refused_too(refused):
    assert refused("*a") == [(1, 1, "the alias *a is not read here; write the value out")]


def test_merge_keys_are_refused_and_the_rest_is_checked_nonetheless(refused):
    assert refused("data: {name: xor}\ntrain:\n  <<: {epochs: 1}\n  l2: -1\n") == [
        (3, 3, "train: the merge key << is not read here; write the keys out"),
        (4, 7, "train.l2: -1 is too small; take at least 0"),
    ]


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!!str", "!mine", "!"])
def test_tags_are_refused(refused, tag):
    assert refused(f"data: {{name: xor}}\nname: {tag} a\n") == [
        (2, 7, f"name: the tag {tag} is not read here; take it out")
    ]


@pytest.mark.parametrize(("key", "shown"), [("1", "1"), ("true", "true"), ("? [a]\n", "['a']"), ("null", "null")])
def test_keys_are_text(refused, key, shown):
    line, _, sentence = refused(f"data: {{name: xor}}\n{key}: 3\n")[0]
    assert (line, sentence) == (2, f"the key {shown} is not text; keys are words such as 'train'")


def test_half_a_character_is_refused_as_value_and_as_key(refused):
    found = refused('data: {name: xor}\nname: "\\ud800"\n"\\ud800": 1\n')
    assert found == [
        (2, 7, "name: '\\ud800' holds half a character; write \\U and its eight digits instead"),
        (3, 1, "'\\ud800' holds half a character; write \\U and its eight digits instead"),
    ]


def test_a_second_document_is_refused(refused):
    assert refused("data: {name: xor}\n---\nseed: 1\n") == [
        (2, 1, "a second document begins here; keep one and take the '---' out")
    ]


def test_a_document_may_be_marked_by_hand(load):
    assert load("---\ndata: {name: xor}\n...\n").data.name == "xor"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "\ufeff"])
def test_an_empty_config_is_told_as_such(refused, text):
    ((_, _, sentence),) = refused(text)
    assert sentence == "empty; a config has sections, such as data: {name: xor}"


@pytest.mark.parametrize("text", ["3", "[1, 2]", "train"])
def test_a_config_is_a_mapping(refused, text):
    ((line, column, sentence),) = refused(text)
    assert (line, column) == (1, 1)
    assert "is not a mapping" in sentence


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("a: b: c", (1, 5), "a ':' where no key can stand"),
        ("data: {name: xor}\n  x: 1\n", (2, 3), "indentation that fits nothing above"),
        ("train:\n\tepochs: 3\n", (2, 1), "a tab; indent with spaces"),
        ("a: [1, 2", (1, 9), "a list that is not closed"),
        ("a: {b: 1", (1, 9), "a mapping that is not closed"),
        ("a: 'x", (1, 6), "a quote that is never closed"),
        ('a: "\\q"', (1, 6), "an escape that YAML does not know"),
        ('a: "\\UFFFFFFFF"', (1, 7), "out of range"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "indentation that fits nothing above"),
        ("a: @x", (1, 4), "not YAML"),
        ("a: x\x01y", (1, 5), "the character U+0001 is not allowed"),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1", (1, 9), "out of range"),
    ],
)
def test_broken_syntax_is_one_problem_with_its_place(refused, text, place, part):
    ((line, column, sentence),) = refused(text)
    assert (line, column) == place
    assert part in sentence


def test_several_problems_of_one_text_are_all_reported_in_the_order_of_the_text(refused):
    found = refused("name: &n a\nseed: 1\nseed: 2\n<<: 3\ntrain: {cost: *n, l2: !!str 1}\ndata: {name: xor}\n")
    assert [problem[:2] for problem in found] == [(1, 7), (3, 1), (4, 1), (5, 15), (5, 23)]


def test_broken_syntax_is_reported_alone_without_the_problems_before_it(refused):
    found = refused("name: &n a\nseed: 1\nseed: 2\n<<: 3\ntrain: {cost: *n, l2: !!str 1}\nnetwork: [1, {a: '\n")
    assert found == [(7, 1, "a quote that is never closed; close it")]


def test_text_that_is_not_utf_8_is_told_with_its_place(refused):
    assert refused(b"data: {name: xor}\nname: \xff\n") == [(2, 7, "not UTF-8 text; save the file as UTF-8")]


def test_a_byte_order_mark_moves_no_column(refused):
    assert refused("\ufeffepocs: 3\ndata: {name: xor}")[0][:2] == (1, 1)


@pytest.mark.parametrize(("text", "line"), [("data: {name: xor}\r\nx: 1\r\n", 2), ("data: {name: xor}\rx: 1", 2)])
def test_any_line_break_counts_as_one(refused, text, line):
    assert refused(text)[0][0] == line


@pytest.mark.parametrize("text", ["[" * 1000, "{a: " * 1000, "- " * 1000, "? " * 1000])
def test_deep_nesting_is_refused(refused, text):
    ((_, _, sentence),) = refused(text)
    assert sentence.startswith(f"nested more than {DEEPEST} deep")


def test_a_file_of_another_size_than_a_config_is_refused(refused):
    ((_, _, sentence),) = refused("#" * 1_000_001)
    assert sentence.startswith("more than 1000000 bytes")


def test_the_source_line_follows_with_a_caret_under_the_place(load):
    with pytest.raises(ConfigError) as caught:
        load("data: {name: xor}\ntrain:\n  epochs: 0  # none\n")
    assert str(caught.value).splitlines()[1:] == ["      epochs: 0  # none", "              ^"]


def test_the_caret_stands_right_under_a_place_far_out_in_a_long_line(load):
    with pytest.raises(ConfigError) as caught:
        load("{data: {name: xor}, name: " + "a" * 500 + ", seed: -1}")
    _, line, caret = str(caught.value).splitlines()
    assert len(line) < 120
    assert line[caret.index("^") :].startswith("-1")


def test_excerpts_show_no_control_characters(load):
    with pytest.raises(ConfigError) as caught:
        load("a: \x1b[31m")
    assert "\x1b" not in str(caught.value)


def test_problems_come_in_the_order_of_their_places(refused):
    places = [problem[:2] for problem in refused("x: 1\ndata: {name: moons, noise: -1}\ntrain: {l2: a, l1: b}\ny: 1\n")]
    assert len(places) == 5
    assert places == sorted(places)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"none\.yaml: cannot be read"):
        config.load(tmp_path / "none.yaml")


SECTIONS = ("data:", "train:", "network:", "split:", "name: xor", "name: moons", "noise: 0.1", "epochs: 3", "a: ")
CHOICES = ("optimizer: adam", "schedule: halve", "cost: ce", "output: linear", "early_stopping: 2", "hidden: [3, 4]")
MARKS = ("{", "}", "[", "]", ", ", ": ", "- ", "? ", "'", '"', "|", ">", "#", "\n", "\n  ", "\t", "\x85", "\u2028")
REFUSED = ("&a ", "*a", "!t ", "<<", "---\n", "...\n", "%YAML 1.2\n", '"\\U0011ffff"', '"\\ud800"', "\\", "@")
SCALARS = ("1e400", "-1", ".nan", "0x", "null", "~", "true", "0.9")
PIECES = st.sampled_from((*SECTIONS, *CHOICES, *MARKS, *REFUSED, *SCALARS))


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.binary(max_size=20), st.lists(PIECES).map("".join)))
def test_any_text_is_a_config_or_refused_with_places(load, text):
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        assert isinstance(load(content).config, config.Config)
    except ConfigError as error:
        problems = error.problems
    else:
        return
    assert problems
    assert all(PLACE.match(problem) and problem.count("\n") in (0, 2) for problem in problems)
    assert not any(word in problem for problem in problems for word in ("Input should", "Extra inputs", "function-"))


def test_no_place_is_told_twice_by_one_reading(refused):
    found = refused("data: {name: xor}\ntrain: {optimizer: 3, schedule: [], batch_size: {}}\nnetwork: {init: {}}\n")
    assert len({problem[:2] for problem in found}) == len(found) == 4
