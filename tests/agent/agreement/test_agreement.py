"""`wardbeat agreement`: what it prints and writes, for each scale; no adjective, no formula, no unescaped name."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import cli
from agent.agreement import answer, page, study
from agent.agreement.grid import parse
from agent.agreement.scale import scale_of
from agent.agreement.statistics import STATISTICS
from agent.agreement.study import compute
from agent.errors import WrongUse
from tests.agent.analysis.test_report import Page
from tests.laws.test_docstrings import faults as docstring_faults

JUDGING = (
    "slight", "fair", "moderate", "substantial", "perfect", "poor", "good", "excellent", "acceptable", "strong", "weak",
    "adequate", "satisfactory", "reliable", "sufficient", "bad", "nearly", "significant", "remarkable", "considerable",
)  # fmt: skip
"""Words of Landis and Koch, Cicchetti, Koo and Li, and their kind."""


def wide(file, columns, names="ABCDEFGH"):
    rows = [",".join(["unit", *names[: len(columns)]])]
    rows += [",".join([f"u{place}", *map(str, row)]) for place, row in enumerate(zip(*columns, strict=True))]
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def steps(n, raters=2, seed=1, spread=0.7):
    level = np.random.default_rng(seed).normal(3, 1.2, n)
    rng = np.random.default_rng(seed + 1)
    return [np.clip(np.round(level + rng.normal(0, spread, n)), 1, 5).astype(int).tolist() for _ in range(raters)]


def rates(n, raters=2, seed=1):
    rng = np.random.default_rng(seed)
    level = rng.normal(70, 10, n)
    return [np.round(level + place + rng.normal(0, 2, n), 1).tolist() for place in range(raters)]


@pytest.fixture
def run(capsys, tmp_path):
    """The command: its exit code, the object on stdout, the words on stderr, the page."""

    def running(file, *words):
        report = tmp_path / "report.html"
        code = cli.main(["agreement", str(file), "--report", str(report), *words])
        out, said = capsys.readouterr()
        text = report.read_text(encoding="utf-8") if report.exists() else ""
        return code, json.loads(out) if out else None, said, text

    return running


def numbers(found):
    for one in [*(pair["numbers"] for pair in found["pairs"]), found["all_raters"]]:
        yield from one.items()


def test_an_ordinal_study_of_three_raters_has_all_kappas(run, tmp_path):
    code, found, said, text = run(wide(tmp_path / "steps.csv", steps(60, 3)))

    assert code == 0
    assert (found["scale"], found["form"], found["units"], found["ratings"]) == ("ordinal", "wide", 60, 180)
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert {"kappa", "kappa_linear", "kappa_quadratic", "agreement_01", "pabak"} <= set(found["pairs"][0]["numbers"])
    assert found["all_raters"]["fleiss_kappa"]["units"] == 60
    assert "scale: ordinal, because all ratings are whole numbers with 5 different values" in said
    assert sum(map(sum, found["pairs"][0]["table"])) == 60
    for column, shares_01 in zip(steps(60, 3)[:2], found["pairs"][0]["shares_01"], strict=True):
        assert shares_01 == pytest.approx([column.count(step) / 60 for step in range(1, 6)])
    assert found["pairs"][0]["apart_count"] == len([1 for a, b in zip(*steps(60, 3)[:2], strict=True) if a != b])
    page = Page(text)
    for name in ("Cohen's kappa, quadratic weights", "Fleiss' kappa", "A and C"):
        assert name in page.text


def test_an_interval_study_has_iccs_and_limits_and_a_plot(run, tmp_path):
    code, found, said, text = run(wide(tmp_path / "rates.csv", rates(60, 3)))

    assert code == 0
    assert found["scale"] == "interval"
    assert list(found["all_raters"]) == ["icc_1_1", "icc_2_1", "icc_3_1", "icc_2_k"]
    assert list(found["pairs"][0]["numbers"]) == ["bias", "lower_limit", "upper_limit", "slope", "spread_slope"]
    assert found["pairs"][0]["numbers"]["bias"]["value"] == pytest.approx(-1.0, abs=1.0)
    assert "no number" not in said
    assert text.count('class="mark point"') == 3 * 60
    assert "doi:10.1016/S0140-6736(86)90837-8" in Page(text).text


def test_each_number_has_its_source_its_units_and_an_interval_around_its_value(run, tmp_path):
    for columns in (steps(60, 3), rates(60, 3)):
        _, found, _, _ = run(wide(tmp_path / "a.csv", columns))
        for name, one in numbers(found):
            assert one["source"] == f"doi:{STATISTICS[name].source}"
            assert one["units"] == 60
            assert (one["low"] is None) == bool(one["reason"])
            assert one["low"] is None or one["low"] <= one["value"] <= one["high"]


def test_missing_cells_are_counted_and_each_number_says_its_units(run, tmp_path):
    columns = rates(50, 3)
    for place in range(12):
        columns[2][place] = "NA"
    columns[0][20] = ""
    _, found, said, _ = run(wide(tmp_path / "a.csv", columns))

    assert found["missing"] == 13
    assert "13 cells without a rating" in said
    assert [pair["units"] for pair in found["pairs"]] == [49, 37, 38]
    assert found["all_raters"]["icc_2_1"]["units"] == 37


def test_below_20_units_the_file_is_refused_with_a_remedy(run, tmp_path):
    code, found, said, text = run(wide(tmp_path / "a.csv", steps(19)))

    assert (code, found, text) == (2, None, "")
    assert "19 units have two ratings or more, and 20 are needed" in said
    assert "→ Rate at least 20 units" in said


@pytest.mark.parametrize("columns", [steps(29, 3), rates(29, 3)])
def test_below_30_units_no_value_is_printed_or_drawn_anywhere(run, tmp_path, columns):
    code, found, said, text = run(wide(tmp_path / "a.csv", columns))

    assert code == 0
    for _, one in numbers(found):
        assert one["value"] is None
        assert one["standard_error"] is None
        assert one["reason"]
    assert sum(one["low"] is not None for _, one in numbers(found)) >= 10
    assert "only its interval is given" in said
    assert "A value needs 30, so each number is its interval alone." in Page(text).text
    assert 'class="line"' not in text


def test_a_pair_with_too_few_common_units_has_no_number_and_the_others_do(run, tmp_path):
    columns = steps(60, 3)
    columns[2] = [""] * 45 + columns[2][45:]
    _, found, _, _ = run(wide(tmp_path / "a.csv", columns))

    first, second, _ = found["pairs"]
    assert first["numbers"]["kappa"]["value"] is not None
    assert second["numbers"]["kappa"]["value"] is None
    assert second["numbers"]["kappa"]["reason"] == "it is from 15 units and needs 20"


def test_one_category_and_zero_variance_are_no_number_with_a_reason(run, tmp_path):
    code, found, said, text = run(wide(tmp_path / "a.csv", [["yes"] * 40] * 3))
    assert code == 0
    assert {one["value"] for _, one in numbers(found)} == {None}
    assert "no number, because both raters put every unit into one category" in said
    assert "No number, because every rating is in one category" in Page(text).text

    code, found, said, text = run(wide(tmp_path / "a.csv", [["7.5"] * 40] * 2), "--scale", "interval")
    assert code == 0
    assert {one["value"] for _, one in numbers(found)} == {None}
    assert "no number, because every rating is the same" in said
    assert "No number, because every difference is the same" in Page(text).text


@pytest.mark.slow
def test_nothing_that_we_write_judges(run, tmp_path, capsys):
    """Neither our output nor our page nor our messages: not even for kappas from 0 to 1."""
    said = [f"{row.title} {row.meaning}" for row in STATISTICS.values()]
    for spread in (0.0, 0.4, 1.0, 9.0):
        _, found, words, text = run(wide(tmp_path / "a.csv", steps(60, 3, spread=spread)))
        said += [json.dumps(found), words, Page(text).text]
    for n in (25, 60):
        _, found, words, text = run(wide(tmp_path / "a.csv", rates(n, 3)))
        said += [json.dumps(found), words, Page(text).text]
    with pytest.raises(SystemExit):
        cli.main(["agreement", "--help"])
    said.append(capsys.readouterr().out)
    assert "kappa" in said[-1]
    for words in said:
        assert re.findall(rf"\b(?:almost|{'|'.join(JUDGING)})\w*", words.lower()) == []


def test_the_search_for_judging_words_finds_one():
    assert re.findall(rf"\b(?:almost|{'|'.join(JUDGING)})\w*", "a moderate agreement")


FORMULAS = ('=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)")


def test_no_name_becomes_a_formula_or_an_element(run, tmp_path):
    file = tmp_path / "=a.csv"
    rows = ['"unit","=1+1","<script>alert(1)</script>","@x"']
    names = [f.replace('"', '""') for f in FORMULAS]
    rows += [
        f'"{names[place % 4]}{place}","{names[place % 4]}","{names[(place * 7 // 4) % 4]}","{names[0]}"'
        for place in range(40)
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    code, found, said, text = run(file)

    assert code == 0
    page = Page(text)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    cells = re.findall(r">([^<>]+)<", text.split("</style>")[1])
    assert [cell for cell in cells if cell.strip()[:1] in tuple("=+-@")] == []
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(found))
    assert [one for one in strings if one[:1] in tuple("=+-@")] == []
    assert found["raters"] == ["'=1+1", "<script>alert(1)</script>", "'@x"]
    assert [line for line in said.splitlines() if line.strip()[:1] in tuple("=+@")] == []


def test_a_negative_category_is_a_number_and_no_formula(run, tmp_path):
    columns = [[place % 3 - 1 for place in range(40)], [(place + place // 20) % 3 - 1 for place in range(40)]]
    _, found, _, _ = run(wide(tmp_path / "a.csv", columns))

    assert found["categories"] == ["-1", "0", "1"]


def test_a_page_loads_nothing_and_names_no_folder(run, tmp_path):
    _, _, _, text = run(wide(tmp_path / "a.csv", rates(40, 2)))
    page = Page(text)

    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(page.tags)
    assert "Content-Security-Policy" in text
    assert not re.search(r"https?://", text)
    assert str(tmp_path) not in text


def test_the_report_never_takes_the_place_of_the_ratings(capsys, tmp_path):
    file = wide(tmp_path / "a.csv", steps(40))
    before = file.read_bytes()

    assert cli.main(["agreement", str(file), "--report", str(file)]) == 2
    assert "is the file of ratings" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_refused_file_leaves_an_earlier_report(run, tmp_path):
    run(wide(tmp_path / "a.csv", steps(40)))
    before = (tmp_path / "report.html").read_text(encoding="utf-8")
    (tmp_path / "a.csv").write_bytes(b"unit,A,B\nu1,nan,1\n")
    code, found, said, text = run(tmp_path / "a.csv")

    assert (code, found) == (2, None)
    assert "1 of 1 lines could not be read" in said
    assert text == before


def test_an_order_changes_the_weights_and_is_in_the_output(run, tmp_path):
    words = {1: "awake", 2: "rem", 3: "light", 4: "deep", 5: "deeper"}
    file = wide(tmp_path / "a.csv", [[words[step] for step in column] for column in steps(60)])
    _, found, said, _ = run(file, "--order", "awake, rem, light, deep, deeper")
    _, other, _, _ = run(wide(tmp_path / "b.csv", steps(60)))

    assert found["categories"] == list(words.values())
    assert "because --order gives an order" in said
    assert found["pairs"][0]["numbers"] == other["pairs"][0]["numbers"]


def test_fifty_raters_of_few_units_each_are_compared(tmp_path):
    """Fleiss' own design: many raters, six a unit."""
    rng = np.random.default_rng(5)
    rows = ["unit,rater,rating"]
    for unit in range(40):
        truth = rng.integers(0, 3)
        for rater in rng.choice(43, 6, replace=False):
            rows.append(f"u{unit},r{rater},{'abc'[truth if rng.random() < 0.7 else rng.integers(0, 3)]}")
    grid = parse("a.csv", "\n".join(rows).encode())
    found = compute(grid, scale_of(grid, None, ()))

    assert found.together["fleiss_kappa"].units == 40
    assert 0.2 < found.together["fleiss_kappa"].value < 0.7
    assert len(found.pairs) == 43 * 42 // 2
    assert {pair.numbers["kappa"].value for pair in found.pairs if pair.units < 20} == {None}


NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "-1", "1e15", "-1e15", "1e-300", "5e-324", "0.1", "0.3", "1.0000000000000002", "NA"]),
    st.integers(-3, 3).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
)
WORDS = st.sampled_from(["a", "b", "=c", "<d>", "NA"])


@st.composite
def studies(draw):
    """Twenty units or more, two raters or more: of few cells each, so that whole columns are alike."""
    raters = draw(st.integers(2, 4))
    cells = draw(st.one_of(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=3)))
    n = draw(st.integers(20, 40))
    columns = [draw(st.lists(st.sampled_from(cells), min_size=n, max_size=n)) for _ in range(raters)]
    return "\n".join(
        [
            "unit,A,B,C,D"[: 4 + 2 * raters],
            *(f"u{i},{','.join(row)}" for i, row in enumerate(zip(*columns, strict=True))),
        ]
    )


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(studies(), st.sampled_from([None, "nominal", "ordinal", "interval"]))
def test_any_study_is_answered_or_refused_by_name(text, chosen):
    """No crash, no warning, no NaN in the JSON, and no interval beside its value."""
    try:
        grid = parse("a.csv", text.encode())
        found = compute(grid, scale_of(grid, chosen, ()))
    except WrongUse as error:
        assert error.remedy
        return
    for one in [*(one for pair in found.pairs for one in pair.numbers.values()), *found.together.values()]:
        assert one.reason or (one.low <= one.value <= one.high)
        assert (one.low is None) == (one.high is None)
    json.loads(answer.as_json(found), parse_constant=pytest.fail)
    Page(page.as_html(found))
    assert "\n".join(answer.lines(found))


@pytest.mark.parametrize("module", ["bland_altman", "draws", "estimate", "fleiss", "icc", "kappa", "quantiles"])
def test_every_statistic_states_its_arguments_shapes_and_source(module):
    text = (Path(study.__file__).parent / f"{module}.py").read_text(encoding="utf-8")

    assert docstring_faults(module, text) == []


def test_every_row_of_statistics_has_a_doi_and_one_sentence():
    for name, row in STATISTICS.items():
        assert row.name == name
        assert re.fullmatch(r"10\.\d{4,}/\S+", row.source), name
        assert row.meaning.endswith("."), name
