"""Each format to exact values of days; what is refused, what is left out, and that no name comes out."""

import dataclasses
import logging
import os
from pathlib import Path

import pytest

from agent.days.health import HealthImport, Options, formats
from agent.days.health.facts import RANGES
from agent.days.health.found import NAMES, ColumnProposal
from agent.days.health.reading import read_here, recognised_here
from agent.errors import ImportRefused
from agent.tables.days import DAYS
from tests.support import health_exports as made

NOW_S = 1_762_074_000  # 2025-11-02 09:00 UTC
OPTIONS = Options(now_s=NOW_S, zone=made.east(made.BERLIN), key=b"k" * 32)


def put(folder: Path, sample: made.Sample) -> Path:
    path = folder / sample.file
    path.write_bytes(sample.data)
    return path


def read(path: Path, options: Options = OPTIONS) -> HealthImport:
    """With the columns as they are proposed."""
    found = read_here(path, options)
    if isinstance(found, ColumnProposal):
        found = read_here(path, dataclasses.replace(options, columns=found.columns))
    assert isinstance(found, HealthImport)
    return found


def values(found: HealthImport) -> dict[tuple[int, str], float]:
    return {(value.day, value.name): value.value for value in found.values}


@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
def test_each_format_is_read_to_its_exact_values(sample, tmp_path):
    path = put(tmp_path, sample)
    assert recognised_here(path) == (sample.format,)
    found = read(path)
    expected = {(made.day(text), name): value for (text, name), value in sample.values.items()}
    assert values(found) == pytest.approx(expected, rel=1e-12)
    assert found.format == sample.format
    assert {day for day, _ in expected} <= set(found.covered)
    assert all(0 <= value.coverage_01 <= 1 for value in found.values)
    assert found.unread == ()


def test_what_an_import_may_give_lies_in_the_ranges_of_the_table_of_days():
    for name in NAMES:
        assert name in DAYS
    for name, (low, high) in RANGES.items():
        assert DAYS[name].low <= low < high <= DAYS[name].high, name


def test_every_reader_has_a_sample():
    assert {row.name for row in formats() if row.read is not None} == {sample.format for sample in made.SAMPLES}
    for row in formats():
        assert set(row.values) <= set(NAMES), row.name
        assert row.files, row.name
        assert bool(row.values) == (row.read is not None) == bool(row.zone), row.name


@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
def test_the_same_export_gives_the_same_bytes(sample, tmp_path):
    path = put(tmp_path, sample)
    assert repr(read(path)) == repr(read(path))


@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
def test_no_name_of_a_person_device_or_note_comes_out(sample, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    path = put(tmp_path, sample)
    said = [repr(read(path))]
    for cut in (len(sample.data) // 2, len(sample.data) - 9):
        path.write_bytes(sample.data[:cut])
        try:
            said.append(repr(read(path)))
        except ImportRefused as error:
            said.append(f"{error} {error.remedy} {error.reason} {error.__cause__!r}")
    words = " ".join([*said, caplog.text])
    assert made.CANARY not in words
    assert "1985-03-02" not in words


@pytest.mark.parametrize("row", [row for row in formats() if row.read is None], ids=lambda row: row.name)
def test_a_form_that_no_maker_describes_is_refused_by_name(row, tmp_path):
    heads = {
        "garmin_tables": b"Sleep Score 4 Weeks,Score,Resting Heart Rate,Duration\n",
        "withings": b'from,to,"light (s)","deep (s)"\n',
        "huawei": b'[{"sportDataUserData":[]}]',
        "zepp": b"date,deepSleepTime,shallowSleepTime,wakeTime,start,stop\n",
    }
    path = tmp_path / "file.csv"
    path.write_bytes(heads[row.name])
    with pytest.raises(ImportRefused, match=row.title.split("(")[0]) as refused:
        read_here(path, OPTIONS)
    assert refused.value.reason == "not_described"


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18), b'{"a": 1}', b"\xff" * 5000, b"a,b\n1,2\n"])
def test_what_is_no_export_is_refused(data, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ImportRefused) as refused:
        read_here(path, OPTIONS)
    assert refused.value.reason == "not_known"
    assert refused.value.remedy


def test_what_cannot_be_opened_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere", Path("bad\0name")):
        with pytest.raises(ImportRefused) as refused:
            read_here(path, OPTIONS)
        assert refused.value.reason == "not_a_file"


def test_columns_are_proposed_and_read_as_they_are_confirmed(tmp_path):
    """The proposal is Oura's own meaning; the person may choose the lowest rate as the resting rate."""
    path = tmp_path / "oura.csv"
    path.write_bytes(made.OURA)
    proposal = read_here(path, OPTIONS)
    assert isinstance(proposal, ColumnProposal)
    roles = {column.role: (column.header, column.unit) for column in proposal.columns}
    assert roles["asleep"] == ("Total Sleep Duration", "s")
    assert roles["resting_hr"] == ("Average Resting Heart Rate", "")
    assert not any("score" in column.header.lower() or "hrv" in column.header.lower() for column in proposal.columns)
    chosen = tuple(
        dataclasses.replace(column, header="Lowest Resting Heart Rate") if column.role == "resting_hr" else column
        for column in proposal.columns
        if column.role != "night_hr_min"
    )
    found = read_here(path, dataclasses.replace(OPTIONS, columns=chosen))
    assert values(found)[made.day(made.MONDAY), "resting_hr_bpm"] == 49.0


@pytest.mark.parametrize("change", [{"header": "Nowhere"}, {"role": "mood"}, {"unit": "parsec"}])
def test_columns_that_do_not_fit_are_refused(change, tmp_path):
    path = tmp_path / "oura.csv"
    path.write_bytes(made.OURA)
    proposal = read_here(path, OPTIONS)
    first, *rest = [column for column in proposal.columns if column.role == "asleep"]
    others = [column for column in proposal.columns if column.role != "asleep"]
    chosen = (dataclasses.replace(first, **change), *rest, *others)
    with pytest.raises(ImportRefused) as refused:
        read_here(path, dataclasses.replace(OPTIONS, columns=chosen))
    assert refused.value.reason == "unfit_columns"


def test_an_archive_of_takeout_holds_two_formats_and_each_is_read(tmp_path):
    path = tmp_path / "takeout.zip"
    path.write_bytes(made.zipped({**made.FITBIT, **made.GOOGLE}))
    assert recognised_here(path) == ("fitbit", "google_fit")
    assert read(path).format == "fitbit"
    assert read(path, dataclasses.replace(OPTIONS, format="google_fit")).format == "google_fit"


@pytest.mark.skipif(not os.environ.get("WARDBEAT_SHARED"), reason="WARDBEAT_SHARED names no folder of recordings")
def test_the_shared_files_are_read_exactly():
    """MonitoringFile: its own daily sums are 3,142 walking and 31 running, of local 2014-12-27 (six hours west)."""
    folder = Path(os.environ["WARDBEAT_SHARED"]) / "data/signals/imports"
    found = read(folder / "MonitoringFile.fit", dataclasses.replace(OPTIONS, zone=lambda _: 0))
    assert values(found) == {(made.day("2014-12-27"), "steps_n"): 3173.0}
    found = read(folder / "apple_export_fixture.xml")
    new_year = made.day("2024-01-01")
    assert values(found) == {
        (new_year, "resting_hr_bpm"): 60.0,
        (new_year + 1, "sleep_h"): 7.5,
        (new_year + 1, "sleep_midpoint_h"): 2.75,
    }
    for name in ("WeightScaleSingleUser.fit", "compressed-speed-distance.fit"):
        with pytest.raises(ImportRefused) as refused:
            read(folder / name)
        assert refused.value.reason == "nothing_of_use"
