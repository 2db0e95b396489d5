"""The reader of ratings: both forms, every kind of damage with its name and count, and any bytes."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.agreement import grid as grids
from agent.agreement.grid import MOST_RATERS, parse, read
from agent.agreement.lines import LONGEST_CELL, LONGEST_LINE, MOST_BYTES, MOST_ROWS
from agent.agreement.scale import MOST_CATEGORIES, scale_of
from agent.errors import RatingsUnreadable, WrongUse


def long(*rows, header="unit,rater,rating"):
    return "\n".join([header, *rows]).encode()


def refused(data, name="ratings.csv"):
    with pytest.raises(RatingsUnreadable) as error:
        parse(name, data)
    assert str(error.value).startswith(f"{name}: ")
    assert error.value.remedy
    return str(error.value)


def scaled(*ratings, chosen=None, order=()):
    """The scale of ratings that two raters share."""
    rows = [f"u{place},{rater},{rating}" for place, rating in enumerate(ratings) for rater in "AB"]
    return scale_of(parse("ratings.csv", long(*rows)), chosen, order)


# ---- forms


def test_long_and_wide_form_give_the_same_grid():
    one = parse("a.csv", long("u1,A,yes", "u1,B,no", "u2,B,yes", "u2,A,"))
    other = parse("a.csv", b"unit,A,B\nu1,yes,no\nu2,,yes\n")

    assert (one.form, other.form) == ("long", "wide")
    assert (one.units, one.raters, one.labels) == (other.units, other.raters, other.labels)
    assert one.code.tolist() == other.code.tolist() == [[0, 1], [-1, 0]]
    assert one.missing == other.missing == 1


def test_columns_of_the_long_form_stand_in_any_order_and_others_are_named():
    found = parse("a.csv", long("A,x,yes,u1", "B,y,no,u1", header="Rater,comment,Rating,Unit"))

    assert found.units == ("u1",)
    assert found.labels == ("yes", "no")
    assert found.notes == ("columns that are not used: comment",)


def test_quotes_a_mark_at_the_beginning_and_the_line_ends_of_three_systems_are_read():
    found = parse("a.csv", b'\xef\xbb\xbfunit,A,B\r\n"u,1","say ""yes""",no\ru2,no,no\n\n,,\n')

    assert found.units == ("u,1", "u2")
    assert found.labels == ('say "yes"', "no")


def test_one_letter_in_two_forms_is_one_name():
    found = parse("a.csv", "unit,A,B\nu1,pr\u00e9sent,pre\u0301sent\n".encode())

    assert found.labels == ("pr\u00e9sent",)


@pytest.mark.parametrize("cell", ["", "NA", "na", "N/A", "."])
def test_a_missing_cell_is_no_rating(cell):
    assert parse("a.csv", f"unit,A,B\nu1,{cell},1\n".encode()).code.tolist() == [[-1, 0]]


def test_a_pair_that_the_long_form_leaves_out_is_counted():
    assert parse("a.csv", long("u1,A,1", "u2,B,1", "u3,A,1", "u3,B,1")).missing == 2


# ---- damage


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n , \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("unit,rater,rating\nu,A,1\n".encode("utf-16"), "UTF-16, not CSV in UTF-8"),
        (b"\xfe\xff\x00u", "UTF-16, not CSV in UTF-8"),
        (b"PK\x03\x04....", "a ZIP archive or a spreadsheet"),
        (b"\x1f\x8b....", "packed with gzip"),
        (b"unit;rater;rating\nu1;A;1\n", "columns are separated by semicolons"),
        (b"unit\trater\trating\nu1\tA\t1\n", "columns are separated by tabs"),
        (b"rating\n1\n2\n", "the header has one column"),
        (b"u\x00nit,rater,rating\n", "a header with a NUL byte"),
        (b"patient,A,B\nu1,1,1\n", "the first column of the header is not 'unit'"),
        (b"unit,rater,rating,rater\nu1,A,1,B\n", "the header names 'rater' twice"),
        (b"unit,A,A\nu1,1,1\n", "two raters of one name"),
        (b"unit,A,\nu1,1,1\n", "a column without a name"),
        (b"unit,A,B,\nu1,1,1,\n", "a column without a name"),
        (b"unit,rater,rating\nu1,A,1\nu2,A,2\n", "1 rater; agreement is between two or more"),
        (b"unit,rater,rating\n", "0 rater"),
        (b'unit,"A,B\nu1,1\n', "a header with a quotation mark that is not closed"),
        (b"unit," + b",".join(b"r%d" % n for n in range(MOST_RATERS + 1)) + b"\n", f"more than {MOST_RATERS} raters"),
    ],
)
def test_a_file_that_is_no_table_of_ratings_is_refused_by_name(data, words):
    assert words in refused(data)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"u9,A", "2 cells instead of 3"),
        (b"u9,A,1,5", "4 cells instead of 3"),
        (b"u9;A;1", "1 cells instead of 3"),
        (b'u9,A,"1,5"', "a decimal comma"),
        (b"u9,A,1e308", "a number beyond 1e+15"),
        (b"u9,A,-1e999999999", "a number beyond 1e+15"),
        (b"u9,A,inf", "the word inf or nan as a rating"),
        (b"u9,A,-Infinity", "the word inf or nan as a rating"),
        (b"u9,A,NaN", "the word inf or nan as a rating"),
        (b"u9,A,#DIV/0!", "a spreadsheet's error value as a rating"),
        (b"u9,A,\xff\xfe", "bytes that are no UTF-8"),
        (b"u9,A,1\x00", "a NUL byte"),
        (b"u9,A,1\x1b[2J", "a control character"),
        ("u9,A\u202e,1".encode(), "a control character"),
        (b'u9,A,"1', "a quotation mark that is not closed, or text after it"),
        (b'u9,A,"1"2', "a quotation mark that is not closed, or text after it"),
        (b"u9,A," + b"x" * (LONGEST_CELL + 1), f"a cell of more than {LONGEST_CELL} characters"),
        (b"u9,A," + b"x" * LONGEST_LINE, f"more than {LONGEST_LINE:,} characters"),
        (b",A,1", "no name of the unit"),
        (b"u9,,1", "no name of the rater"),
        (b"u1,A,2", "a unit and a rater that an earlier line has together"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_with_its_reason_and_number(line, words):
    said = refused(long("u1,A,1", "u1,B,1") + b"\n" + line + b"\nu2,A,1\n" + line + b"\nu2,B,1\n")

    assert "2 of 6 lines could not be read: 2 with " in said
    assert f"2 with {words} (first: line 4)" in said


def test_lines_are_counted_without_blank_ones_and_with_bad_ones_at_the_end():
    assert "2 of 3 lines could not be read" in refused(b"\n\nunit,A,B\n\nu1,1,2\n,,\nu2,1\nu3\n\n")


def test_more_cells_than_a_small_machine_holds_are_refused(monkeypatch):
    monkeypatch.setattr(grids, "MOST_CELLS", 3)
    assert "2 units times 2 raters are more than 3 cells" in refused(long("u1,A,1", "u2,B,1"))
    assert "2 units times 2 raters are more than 3 cells" in refused(b"unit,A,B\nu1,1,1\nu2,1,1\nu3,1,1\n")


def test_a_message_and_a_note_stay_short_whatever_a_file_holds():
    ragged = b"\n".join(b",".join([b"u"] * (4 + width)) for width in range(300))
    assert refused(b"unit,A,B\n" + ragged).endswith("(first: line 9); and 292 more reasons")

    found = parse(
        "a.csv",
        long("u,A,1", "u,B,1", header="unit,rater,rating")
        .replace(b"rating", b"rating" + b",x" * 40)
        .replace(b",1", b",1" + b",y" * 40),
    )
    assert found.notes == (f"columns that are not used: {', '.join(['x'] * 10)} and 30 more",)


def test_stdin_is_read(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"unit,A,B\nu1,1,2\n")))
    found = read(Path("-"))

    assert (found.name, found.units) == ("stdin", ("u1",))


def test_several_reasons_are_counted_apart():
    said = refused(b"unit,A,B\nu1,1,2\nu1,2,2\nu2,nan,1\nu3,1\nu4,1\nu5,1,inf\n")

    assert "5 of 6 lines could not be read" in said
    assert "1 with a unit that an earlier line has (first: line 3)" in said
    assert "2 with the word inf or nan as a rating (first: line 4)" in said
    assert "2 with 2 cells instead of 3 (first: line 5)" in said


def test_a_file_beyond_50_mb_and_one_that_is_not_there_are_refused(tmp_path):
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(RatingsUnreadable, match="larger than 50 MB"):
        read(large)
    with pytest.raises(RatingsUnreadable, match="No such file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(RatingsUnreadable, match="directory"):
        read(tmp_path)


@pytest.mark.slow
def test_a_million_rows_are_read_and_one_more_is_refused():
    rows = [f"{place // 2},{place % 2},{place % 5}" for place in range(MOST_ROWS)]
    found = parse("a.csv", long(*rows))

    assert (len(found.units), found.raters, found.missing) == (MOST_ROWS // 2, ("0", "1"), 0)
    assert "more than 1,000,000 rows" in refused(long(*rows, "x,0,1"))


@given(st.binary(max_size=300))
@example(b"unit,rater,rating\n\xff")
@example(b'unit,A,B\n"')
def test_any_bytes_are_read_or_refused(data):
    try:
        found = parse("a.csv", data)
    except RatingsUnreadable as error:
        assert error.remedy
    else:
        assert found.code.shape == (len(found.units), len(found.raters))


@given(st.lists(st.tuples(*[st.text('ab,"= é\n\x00;1.', max_size=4)] * 3), max_size=6))
def test_any_cells_below_a_header_are_read_or_refused(rows):
    body = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    try:
        found = parse("a.csv", f"unit,A,B\n{body}\n".encode())
    except RatingsUnreadable as error:
        assert error.remedy
    else:
        assert int(np.count_nonzero(found.code < 0)) == found.missing


def test_no_message_holds_a_cell_of_the_file():
    said = refused(long("Ada Byron,A,1", "Ada Byron,A,secret", "Ada Byron,B,#secret"))

    assert "Ada" not in said
    assert "secret" not in said


# ---- scales


def test_words_are_nominal_and_sorted():
    found = scaled("wake", "sleep", "n/a", "wake")

    assert (found.name, found.categories) == ("nominal", ("sleep", "wake"))
    assert found.code[:, 0].tolist() == [1, 0, -1, 1]
    assert "2 of 2 different ratings are no number" in found.because


def test_one_word_among_numbers_is_named_as_the_reason():
    assert "1 of 4 different ratings is no number" in scaled("1", "2", "3", "unsure").because


def test_few_whole_numbers_are_ordinal_and_written_in_one_way():
    found = scaled("3", "1", "2.0", "10", "2")

    assert (found.name, found.categories) == ("ordinal", ("1", "2", "3", "10"))
    assert found.code[:, 0].tolist() == [2, 0, 1, 3, 1]
    assert "whole numbers with 4 different values" in found.because


def test_two_numbers_are_nominal_and_decimals_or_many_numbers_are_interval():
    assert scaled("0", "1").name == "nominal"
    assert scaled("0.5", "1", "2").name == "interval"
    found = scaled(*map(str, range(60, 75)))
    assert (found.name, found.categories) == ("interval", ())
    assert found.value[:3, 0].tolist() == [60.0, 61.0, 62.0]


def test_a_missing_number_is_nan_on_an_interval_scale():
    grid = parse("a.csv", b"unit,A,B\nu1,1.5,\nu2,2.5,3.5\n")

    assert np.isnan(scale_of(grid, None, ()).value).tolist() == [[False, True], [False, False]]


def test_an_order_makes_it_ordinal_and_names_what_it_lacks():
    found = scaled("deep", "awake", "light", order=("awake", "light", "deep", "rem"))

    assert (found.name, found.code[:, 0].tolist()) == ("ordinal", [2, 0, 1])
    with pytest.raises(RatingsUnreadable, match=r"1 of 3 different ratings are not in --order \(first: line 2\)"):
        scaled("deep", "awake", "light", order=("awake", "light"))


@pytest.mark.parametrize("order", [("a",), ("a", "a"), ("a", "")])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(WrongUse, match="each once"):
        scaled("a", order=order)


def test_an_order_goes_with_no_other_scale():
    with pytest.raises(WrongUse, match="--order is for an ordinal scale"):
        scaled("a", "b", chosen="interval", order=("a", "b"))


@pytest.mark.parametrize("chosen", ["ordinal", "interval"])
def test_words_are_no_numbers(chosen):
    with pytest.raises(RatingsUnreadable, match=rf"the scale is {chosen}, and 1 of 2 different ratings are no number"):
        scaled("1", "two", chosen=chosen)


def test_a_chosen_scale_is_taken():
    assert scaled("1", "2", "3", chosen="interval").name == "interval"
    assert scaled("1", "2", "3", chosen="nominal").because == "it was chosen"


def test_more_than_20_categories_are_refused():
    names = [f"c{place}" for place in range(MOST_CATEGORIES + 1)]
    with pytest.raises(RatingsUnreadable, match="21 categories; at most 20"):
        scaled(*names)
    assert len(scaled(*names[1:]).categories) == MOST_CATEGORIES


def test_the_pattern_of_numbers_takes_ascii_digits_alone():
    assert grids.NUMBER.fullmatch("-1.5e-3")
    for text in ("1_000", "٣", "0x10", "1e", ".", "1 000", "--1"):
        assert not grids.NUMBER.fullmatch(text)
