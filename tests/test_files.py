"""A user's own CSV files, numpy archives and pictures."""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from bpnet import config
from bpnet.datasets import inputs, load, read_digit
from bpnet.errors import DataError, UsageError

FLOWERS = "width,height,kind\n1,2.5,rose\n3,4e-1,tulip\n-5,6,rose\n"


@pytest.fixture
def table(tmp_path):
    """Writes a CSV file and returns its path."""

    def write(content):
        file = tmp_path / "table.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


@pytest.fixture
def archive(tmp_path):
    """Writes a numpy archive and returns its path."""

    def write(**arrays):
        np.savez(tmp_path / "arrays.npz", **arrays)
        return str(tmp_path / "arrays.npz")

    return write


def column(values, header="x,y"):
    """A table of a counting column and these values."""
    return header + "\n" + "".join(f"{row},{value}\n" for row, value in enumerate(values))


# CSV: what is read


def test_the_last_column_is_the_target_and_words_are_classes(table):
    data = load("csv", path=table(FLOWERS))
    assert data.x.tolist() == [[1, 2.5], [3, 0.4], [-5, 6]]
    assert data.features == ("width", "height")
    assert data.classes == ("rose", "tulip")
    assert data.y.tolist() == [[0], [1], [0]]


@pytest.mark.parametrize("target", ["b", 1, -2])
def test_the_target_is_a_column_by_name_or_number_from_either_end(table, target):
    data = load("csv", path=table("a,b,c\n1,7.5,3\n4,8.5,6\n"), target=target)
    assert data.features == ("a", "c")
    assert data.y.tolist() == [[7.5], [8.5]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + FLOWERS.encode(), id="byte order mark"),
        pytest.param(FLOWERS.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(FLOWERS.replace("\n", "\r"), id="CR"),
        pytest.param(FLOWERS.rstrip("\n"), id="no end of line at the end"),
        pytest.param(FLOWERS.replace("\n", "\n\n"), id="blank lines"),
        pytest.param(FLOWERS.replace(",", ", "), id="spaces after commas"),
        pytest.param(FLOWERS.replace("rose", '"rose"'), id="quotes"),
    ],
)
def test_the_same_table_is_read_from_every_spelling(table, content):
    data = load("csv", path=table(content))
    assert data.x.tolist() == [[1, 2.5], [3, 0.4], [-5, 6]]
    assert data.features == ("width", "height")
    assert data.classes == ("rose", "tulip")


def test_a_quoted_field_may_hold_the_delimiter_quotes_and_a_line_break(table):
    data = load("csv", path=table('"a, b",kind\n1,"x, ""y""\nz"\n2,w\n3,w\n'))
    assert data.features == ("a, b",)
    assert data.classes == ("w", 'x, "y"\nz')


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_fields_may_be_divided_otherwise(table, delimiter):
    data = load("csv", path=table(FLOWERS.replace(",", delimiter)), delimiter=delimiter)
    assert data.x.tolist() == [[1, 2.5], [3, 0.4], [-5, 6]]


@pytest.mark.parametrize(
    ("word", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("\\t", "\t"), ("space", " ")]
)
def test_a_delimiter_may_be_given_by_its_name(table, word, mark):
    data = load("csv", path=table(FLOWERS.replace(",", mark)), delimiter=word)
    assert data.x.tolist() == [[1, 2.5], [3, 0.4], [-5, 6]]
    named = config.load({"data": {"name": "csv", "path": "t.csv", "delimiter": word}})
    assert named.data.options["delimiter"] == word


@pytest.mark.parametrize("word", ["", ",,", "tabs", "\n", '"'])
def test_a_delimiter_that_divides_nothing_is_refused_by_the_config(word):
    with pytest.raises(UsageError, match=r"data.delimiter: .* divides no fields; write one character, or one of comma"):
        config.load({"data": {"name": "csv", "path": "t.csv", "delimiter": word}})


def test_the_target_is_known_by_its_name(table):
    assert load("csv", path=table(FLOWERS)).target == "kind"
    assert load("csv", path=table("a,b\n1,2.5\n2,3\n"), target=0).target == "a"
    assert load("csv", path=table("1,2.5\n2,3\n"), header=False).target == ""


def test_without_a_header_the_first_line_is_data_and_columns_have_no_names(table):
    data = load("csv", path=table("1,2,a\n3,4,b\n"), header=False)
    assert data.x.tolist() == [[1, 2], [3, 4]]
    assert data.features == ()


# CSV: what the target stands for


@pytest.mark.parametrize("values", [[0, 1, 1, 0], [-1, 1, 1, 1], ["1.0", "0.0", "1", "0"], [3, 7, 3, 3]])
def test_two_whole_numbers_are_two_classes(table, values):
    data = load("csv", path=table(column(values)))
    assert data.y[:, 0].tolist() == [float(float(value) == max(map(float, values))) for value in values]
    assert data.classes == tuple(f"{value:.0f}" for value in sorted({float(value) for value in values}))


def test_classes_that_are_numbers_stand_in_the_order_of_numbers(table):
    data = load("csv", path=table(column([10, 9, 2, 10] * 10)))
    assert data.classes == ("2", "9", "10")
    assert data.y[0].tolist() == [0, 0, 1]


def test_classes_that_are_words_stand_in_the_order_of_text(table):
    assert load("csv", path=table(column(["b", "a", "B", "10", "9"] * 2))).classes == ("10", "9", "B", "a", "b")


@pytest.mark.parametrize("k", [3, 20])
def test_whole_numbers_that_come_ten_times_each_are_classes(table, k):
    assert len(load("csv", path=table(column([*range(k)] * 10))).classes) == k


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([*range(3)] * 9, id="nine times each"),
        pytest.param([*range(21)] * 10, id="more than twenty"),
        pytest.param([0.5, 1.5] * 10, id="fractions"),
    ],
)
def test_other_numbers_are_a_quantity(table, values):
    data = load("csv", path=table(column(values)))
    assert data.classes == ()
    assert data.y[:, 0].tolist() == values


def test_a_task_of_quantity_overrides_the_guess(table):
    data = load("csv", path=table(column([0, 1, 1])), task="quantity")
    assert data.classes == ()
    assert data.y.tolist() == [[0], [1], [1]]


def test_a_task_of_classes_overrides_the_guess(table):
    data = load("csv", path=table(column([0.5, 1.25, 2, 2])), task="classes")
    assert data.classes == ("0.5", "1.25", "2")


# CSV: what is refused

NUMBERS = "a,b,y\n1,2,0\n3,{},1\n"


@pytest.mark.parametrize("text", ["", "NA", "n/a", "nan", "NaN", "?", "null", "NULL", " "])
def test_a_missing_value_is_refused_with_its_place(table, text):
    path = table(NUMBERS.format(text))
    with pytest.raises(DataError) as caught:
        load("csv", path=path)
    assert str(caught.value) == f"{path}:3: column 'b' has a missing value; fill it in or leave the row out"


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_an_infinite_value_is_refused_with_its_place(table, text):
    with pytest.raises(DataError, match=rf"table.csv:3: column 'b' is '{text}', not a finite number; "):
        load("csv", path=table(NUMBERS.format(text)))


def test_a_word_among_the_inputs_is_refused_with_its_place_and_the_remedy(table):
    with pytest.raises(DataError, match=r":3: column 'b' is 'red', not a number; write a number, leave the column out"):
        load("csv", path=table(NUMBERS.format("red")))


def test_the_first_bad_field_of_the_first_bad_row_is_named(table):
    with pytest.raises(DataError, match=r":2: column 'b' has a missing value; "):
        load("csv", path=table("a,b,c,y\n1,,red,0\ngreen,1,2,1\n"))


def test_without_a_header_columns_are_named_by_number(table):
    with pytest.raises(DataError, match=r":2: column 1 is 'red'"):
        load("csv", path=table("1,2,0\n3,red,1\n"), header=False)


@pytest.mark.parametrize("text", ["", "nan", "inf"])
def test_a_target_that_is_missing_or_infinite_is_refused(table, text):
    with pytest.raises(DataError, match=r":3: column 'y' (has a missing value|is 'inf', not a finite number); "):
        load("csv", path=table(f"a,y\n1,0\n2,{text}\n3,1\n"))


def test_a_word_in_a_quantity_is_refused_with_its_line(table):
    with pytest.raises(DataError, match=r":4: column 'y' is '12o', not a number"):
        load("csv", path=table(column([10, 11, "12o"])), task="quantity")


def test_a_slip_in_a_quantity_does_not_make_a_hundred_classes_of_it(table):
    with pytest.raises(DataError, match=r":52: column 'y' is '5o', one of nearly as many values as there are rows"):
        load("csv", path=table(column([*range(50), "5o", *range(51, 100)])))


@pytest.mark.parametrize("line", ["1,2", "1,2,3,4"])
def test_a_row_of_another_width_is_refused_with_its_line(table, line):
    with pytest.raises(
        DataError, match=rf":3: has {line.count(',') + 1} fields, but the first row has 3; complete it, "
    ):
        load("csv", path=table(f"a,b,y\n1,2,0\n{line}\n"))


@pytest.mark.parametrize("values", [["rose"] * 3, [1, 1, 1]])
def test_a_single_class_is_refused(table, values):
    with pytest.raises(DataError, match=rf"column 'y' is always '{values[0]}'; give examples of at least two classes$"):
        load("csv", path=table(column(values)))


def test_an_unknown_target_is_answered_with_the_closest_column(table):
    with pytest.raises(UsageError, match=r"no column 'kinds'; did you mean 'kind'\?"):
        load("csv", path=table(FLOWERS), target="kinds")


@pytest.mark.parametrize("target", [3, -4])
def test_a_target_beyond_the_columns_is_refused(table, target):
    with pytest.raises(
        UsageError, match=f"has no column {target}; columns are numbered from 0 to 2, and -1 is the last$"
    ):
        load("csv", path=table(FLOWERS), target=target)


def test_a_target_by_name_needs_a_header(table):
    with pytest.raises(UsageError, match=r"has no column 'kind'; without a header row, give its number$"):
        load("csv", path=table("1,2\n3,4\n"), header=False, target="kind")


def test_two_columns_of_one_name_are_refused(table):
    with pytest.raises(
        DataError, match=r":1: two columns are named 'a'; rename one, or, if it is a row of data, set data\.header"
    ):
        load("csv", path=table("a,b,a\n1,2,3\n"))


def test_a_column_without_a_name_is_refused(table):
    with pytest.raises(DataError, match=":1: column 0 has no name; "):
        load("csv", path=table(",a,b\n0,1,2\n"))


@pytest.mark.parametrize("line", ["5.1,3.5,1.4,0.2,setosa", "5,0,0,128,0", "1,1000025,5,1,2"])
def test_a_first_line_of_data_is_not_swallowed_as_a_header(table, line):
    with pytest.raises(
        DataError, match=r":1: the header row holds the number '.+'; .* set data.header: false or give --no-header$"
    ):
        load("csv", path=table(f"{line}\n{line}\n"))


@pytest.mark.parametrize("names", ["0,1,2", "2015,2016,label", "x1,x2,y"])
def test_numbers_that_count_upwards_may_be_names(table, names):
    assert load("csv", path=table(f"{names}\n1,2,0.5\n")).features == tuple(names.split(",")[:2])


def test_a_table_of_one_column_suggests_another_delimiter(table):
    with pytest.raises(DataError, match=r'has one column with the delimiter \',\', .*: say data.delimiter: ";"$'):
        load("csv", path=table(FLOWERS.replace(",", ";")))


def test_a_table_divided_by_tabs_names_the_tab(table):
    with pytest.raises(DataError, match=r'say data.delimiter: "\\t"$'):
        load("csv", path=table(FLOWERS.replace(",", "\t")))


@pytest.mark.parametrize(("content", "sentence"), [("", "is empty"), ("a,b\n", "has a header row but no data")])
def test_a_table_without_rows_is_refused(table, content, sentence):
    with pytest.raises(DataError, match=f"table.csv: {sentence}; write one row of numbers for each example$"):
        load("csv", path=table(content))


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
def test_a_delimiter_is_one_character(table, delimiter):
    with pytest.raises(UsageError, match=r"^delimiter '.*' cannot separate fields; give one character, such as ',' or"):
        load("csv", path=table(FLOWERS), delimiter=delimiter)


def test_a_quote_that_is_never_closed_is_refused(table):
    with pytest.raises(DataError, match=r"table.csv:3: is not CSV \(unexpected end of data\); close every quote$"):
        load("csv", path=table('a,y\n1,"x\n2,z\n'))


def test_text_that_is_not_utf8_is_refused(table):
    with pytest.raises(DataError, match=r"table.csv: is not UTF-8 text; "):
        load("csv", path=table(FLOWERS.replace("rose", "rosé").encode("latin-1")))


@pytest.mark.parametrize("name", ["csv", "npz"])
def test_a_missing_file_is_refused_by_name(tmp_path, name):
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file or directory\)"):
        load(name, path=str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["csv", "npz"])
def test_a_folder_in_place_of_a_file_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        load(name, path=str(tmp_path))


# Numpy archives


def test_integers_are_classes_in_their_order(archive):
    data = load("npz", path=archive(x=np.eye(4), y=[10, 2, 2, 10]))
    assert data.classes == ("2", "10")
    assert data.y.tolist() == [[1], [0], [0], [1]]


@pytest.mark.parametrize("texts", [["b", "a", "c", "a", "b", "c"], [b"b", b"a", b"c", b"a", b"b", b"c"]])
def test_texts_are_classes(archive, texts):
    data = load("npz", path=archive(x=np.zeros((6, 1)), y=texts))
    assert data.classes == ("a", "b", "c")
    assert data.labels.tolist() == [1, 0, 2, 0, 1, 2]


@pytest.mark.parametrize("y", [[0.0, 1, 1], [[0], [1], [1]], [False, True, True]])
def test_zeros_and_ones_are_two_classes_whatever_their_type(archive, y):
    data = load("npz", path=archive(x=np.zeros((3, 1)), y=y))
    assert len(data.classes) == 2
    assert data.y.tolist() == [[0], [1], [1]]


def test_one_hot_rows_are_classes(archive):
    data = load("npz", path=archive(x=np.zeros((3, 1)), y=np.eye(3)[[2, 0, 1]]))
    assert data.classes == ("0", "1", "2")
    assert data.labels.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    "y", [[0.5, 1, 2], [[0.5, 1], [0, 1], [1, 1]], [[3, 4], [5, 6], [7, 8]], [[1, 1], [0, 1], [0, 0]]]
)
def test_other_numbers_are_quantities(archive, y):
    data = load("npz", path=archive(x=np.zeros((3, 1)), y=y))
    assert data.classes == ()
    assert np.array_equal(data.y, np.reshape(y, (3, -1)))


def test_images_are_flattened_and_remembered(archive):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    data = load("npz", path=archive(x=pixels, y=[0, 1]))
    assert data.image == (3, 4)
    assert np.array_equal(data.x, pixels.reshape(2, 12))


@pytest.mark.parametrize(
    ("given", "kept"), [("uint8", "float32"), ("float32", "float32"), ("int64", "float64"), ("float64", "float64")]
)
def test_inputs_become_floats_that_hold_them_exactly(archive, given, kept):
    assert load("npz", path=archive(x=np.ones((2, 1), given), y=[0, 1])).x.dtype == kept


def test_arrays_are_taken_by_their_keys(archive):
    data = load("npz", path=archive(pixels=np.ones((2, 3)), label=[0, 1]), x="pixels", y="label")
    assert data.x.shape == (2, 3)


def test_a_missing_array_is_answered_with_the_closest_one(archive):
    with pytest.raises(DataError, match=r"arrays.npz: has no array 'label'; did you mean 'labels'\?"):
        load("npz", path=archive(x=np.ones((2, 3)), labels=[0, 1]), y="label")


REFUSED = {
    "lengths differ": (
        np.ones((3, 2)),
        [0, 1],
        r"array 'y' has shape \(2,\); .* for each example, \(3,\) or \(3, outputs\)$",
    ),
    "no number": (
        np.array([["a"], ["b"]]),
        [0, 1],
        r"array 'x' holds <U1 of shape \(2, 1\); give numbers, one example a row$",
    ),
    "not a number": (
        np.array([[0], [np.nan]]),
        [0, 1],
        r"array 'x' has a missing or infinite value in row 1 \(counted from 0\); ",
    ),
    "infinite": (
        np.ones((2, 1)),
        [1.5, np.inf],
        r"array 'y' has a missing or infinite value in row 1 \(counted from 0\); ",
    ),
    "no row": (np.ones((0, 2)), np.ones(0), r"array 'x' holds float64 of shape \(0, 2\)"),
    "no rows at all": (np.float64(1), [1], r"array 'x' holds float64 of shape \(\)"),
    "a single class": (np.ones((2, 1)), [4, 4], "array 'y' is always '4'"),
    "a class for each row": (np.ones((9, 1)), np.arange(9), "array 'y' has nearly as many classes as rows; save it as"),
    "three dimensions of targets": (np.ones((2, 1)), np.ones((2, 2, 2)), r"array 'y' has shape \(2, 2, 2\)"),
    "objects": (
        np.array([[1], [None]]),
        [0, 1],
        "is damaged or not an archive of numbers and texts; write it with numpy.savez$",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_arrays_that_cannot_be_learnt_from_are_refused_in_a_sentence(archive, case):
    x, y, sentence = REFUSED[case]
    path = archive(x=x, y=y)
    with pytest.raises(DataError, match=sentence) as caught:
        load("npz", path=path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-30], lambda b: b"", lambda b: b"text", lambda b: b.replace(b"\0\0\xf0?", b"\0\0\xf1?")]
)
def test_a_damaged_archive_is_refused_by_name(archive, spoil):
    path = Path(archive(x=np.ones((2, 3)), y=[0, 1]))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"arrays.npz: is damaged or not an archive"):
        load("npz", path=str(path))


def test_a_single_array_is_no_archive(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(DataError, match=r"one.npy: is damaged or not an archive"):
        load("npz", path=str(tmp_path / "one.npy"))


def test_a_zip_of_other_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as other:
        other.writestr("x", "text")
        other.writestr("y", "text")
    with pytest.raises(
        DataError, match=r"other.npz: array 'x' holds \|S4 of shape \(\); give numbers, one example a row$"
    ):
        load("npz", path=str(tmp_path / "other.npz"))


# What is too large, and where a file is


@pytest.mark.parametrize("text", ["1e300", "-1e31"])
@pytest.mark.parametrize("line", ["1,{},0", "1,2,{}"])
def test_a_number_too_large_to_learn_from_is_refused_with_its_place(table, text, line):
    with pytest.raises(DataError, match=rf"table.csv:3: column '.' is '{text}', which is too large to learn from"):
        load("csv", path=table(f"a,b,y\n1,2,0\n{line.format(text)}\n"))


def test_a_number_at_the_limit_is_read(table):
    assert load("csv", path=table(NUMBERS.format("1e30"))).x[1, 1] == 1e30


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("key", ["x", "y"])
def test_a_number_too_large_in_an_archive_is_refused_with_its_row(archive, kind, key):
    arrays = {"x": np.ones((3, 2), kind), "y": np.linspace(0, 1, 3)}
    arrays[key] = arrays[key].astype(kind)
    arrays[key][1] = 1e31
    with pytest.raises(
        DataError, match=rf"array '{key}' has 1e\+31 in row 1 \(counted from 0\), which is too large to learn from"
    ):
        load("npz", path=archive(**arrays))


def test_a_number_beyond_float64_is_refused_as_infinite(archive):
    x = np.ones((2, 1), np.longdouble) * np.finfo(np.float64).max * 10
    with pytest.raises(DataError, match=r"infinite|too large"):
        load("npz", path=archive(x=x, y=[0, 1]))


@pytest.mark.parametrize("name", ["csv", "npz", "mnist"])
def test_the_home_of_nobody_there_is_refused_in_a_sentence(name):
    with pytest.raises(DataError, match="no home folder is known for that; write the path in full"):
        load(name, path="~no-such-user/file")


@pytest.mark.parametrize("name", ["csv", "npz"])
def test_a_missing_file_names_the_setting_that_says_where_it_is(name):
    with pytest.raises(DataError, match=r"say where it is, --set data\.path="):
        load(name, path="nowhere.csv")


# Inputs alone, to predict from


def test_grey_levels_as_bytes_are_divided_and_floats_are_not(archive):
    pixels = np.array([[0, 128, 255]], np.uint8)
    assert inputs(Path(archive(x=pixels)), (), 3, divisor=255).max() == 1
    assert inputs(Path(archive(x=pixels.astype(float))), (), 3, divisor=255).max() == 255


def test_columns_are_taken_by_name_wherever_they_stand(table):
    path = table("kind,height,extra,width\nrose,1,0,2\ntulip,3,0,4\n")
    assert inputs(Path(path), ("width", "height"), 2).tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize("features", [(), ("width", "height")])
def test_other_names_will_do_where_the_number_of_columns_fits(table, features):
    assert inputs(Path(table("p,q\n1,2\n3,4\n")), features, 2).tolist() == [[1, 2], [3, 4]]


def test_inputs_need_no_header(table):
    assert inputs(Path(table("1;2\n3;4\n")), ("a", "b"), 2, header=False, delimiter=";").tolist() == [[1, 2], [3, 4]]


def test_too_many_columns_are_refused(table):
    with pytest.raises(
        DataError, match=r"table.csv: has 3 columns, but the network takes 2 inputs; give one column for each input$"
    ):
        inputs(Path(table(FLOWERS)), (), 2)


def test_a_feature_that_is_not_there_is_named_with_the_closest_column(table):
    with pytest.raises(DataError, match=r"no column 'widht', which is a feature of this run; did you mean 'width'\?"):
        inputs(Path(table(FLOWERS)), ("widht", "height"), 2)


def test_a_bad_field_among_inputs_is_refused_with_its_place(table):
    with pytest.raises(DataError, match=":3: column 'b' has a missing value; "):
        inputs(Path(table("a,b\n1,2\n3,\n")), ("a", "b"), 2)


def test_inputs_without_rows_are_refused(table):
    with pytest.raises(DataError, match="has a header row but no data"):
        inputs(Path(table("a,b\n")), ("a", "b"), 2)


def test_inputs_of_an_archive_need_no_targets(archive):
    assert inputs(Path(archive(x=np.ones((2, 3, 4)))), (), 12).shape == (2, 12)


def test_an_archive_of_another_width_is_refused(archive):
    with pytest.raises(DataError, match="array 'x' has 3 numbers a row, but the network takes 4"):
        inputs(Path(archive(x=np.ones((2, 3)))), (), 4)


# Pictures

UNREADABLE = r"^{}: cannot be read as a picture; give a PNG file of one digit$"


def test_an_eps_file_named_png_is_refused_and_starts_no_other_program(tmp_path, monkeypatch):
    from PIL import EpsImagePlugin

    def started(*arguments, **options):
        pytest.fail("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    monkeypatch.setattr(EpsImagePlugin.EpsImageFile, "_open", started)
    file = tmp_path / "x.png"
    file.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(DataError, match=UNREADABLE.format(file)):
        read_digit(file, (8, 8))


def test_a_picture_with_a_text_that_decompresses_to_more_than_is_read_is_refused(tmp_path):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    bomb = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(2**22)))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    file = tmp_path / "x.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + header + bomb + pixel)
    with pytest.raises(DataError, match=UNREADABLE.format(file)):
        read_digit(file, (8, 8))
