"""The drawn people as files: what was drawn, readable without us, and marked."""

import csv
import math

import pytest

from agent.cli import main
from agent.scoring.population import WATERMARK
from hub.audit.population import drawn_parts
from hub.audit.population_files import COLUMNS, write_population


def table(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    into = tmp_path_factory.mktemp("drawn") / "population"
    assert write_population(520, 3, into) == 520
    return into


def test_every_line_is_marked_and_every_column_is_explained(folder):
    explained = {(row["file"], row["column"]) for row in table(folder, "dictionary.csv")}
    for name in COLUMNS:
        rows = table(folder, name)
        assert rows
        assert {row["watermark"] for row in rows} == {WATERMARK}
        assert {(name, column) for column in rows[0]} <= explained
    assert explained == {(name, column) for name, columns in COLUMNS.items() for column, _, _ in columns}


def test_the_files_hold_the_people_of_the_audit(folder):
    """Over the seam of two parts: 500 and 20 people."""
    people, days, readings = (table(folder, name) for name in COLUMNS)
    parts = list(drawn_parts(520, 3))
    assert len(people) == 520
    assert len(days) == sum(part.level.size for part in parts)
    assert len(readings) == sum(int(part.ln_rmssd.is_present.sum()) for part in parts)
    of_last = [row for row in readings if row["person"] == "519"]
    values = parts[1].ln_rmssd.value[19]
    written = {(int(row["day"]), int(row["reading"])): float(row["ln_rmssd"]) for row in of_last}
    assert all(math.isclose(values[at], value, abs_tol=1e-4) for at, value in written.items())
    fell = {row["person"]: row["fell_on_day"] for row in people}
    for row in days[::97]:
        on = fell[row["person"]]
        assert row["fallen_01"] == str(int(on != "" and int(row["day"]) >= int(on)))


def test_at_the_command_line_nothing_is_overwritten(tmp_path, capsys):
    into = tmp_path / "people"
    words = ["audit", "--people", "20", "--population", str(into)]
    assert main(words) == 0
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [into]
