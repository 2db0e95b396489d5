"""Exports of any bytes: read, or refused by name; bombs, foreign people, and days that no record names."""

import dataclasses
import io
import struct
import time
import zipfile

import pytest

from agent.days.health import HealthImport, Options, container
from agent.days.health.found import ColumnProposal
from agent.days.health.reading import read_here, zone_table
from agent.days.health.refusals import REFUSALS, UNREAD
from agent.errors import ImportRefused
from tests.support import health_exports as made
from tests.support import health_mutations as mutations

OPTIONS = Options(now_s=1_762_074_000, zone=made.east(made.BERLIN), key=b"k" * 32)
OFFSETS = zone_table(OPTIONS)


def read(path, options=OPTIONS):
    return read_here(path, options, offsets=OFFSETS)


def outcome(path, sample) -> HealthImport | None:
    """What it says; None where it is refused by name."""
    options = dataclasses.replace(OPTIONS, columns=columns_of(sample))
    try:
        found = read(path, options)
    except ImportRefused as refused:
        assert refused.reason in REFUSALS
        assert len(str(refused)) < 200
        return None
    return found if isinstance(found, HealthImport) else None


def columns_of(sample):
    proposals = {"oura": made.OURA_COLUMNS, "whoop": made.WHOOP_COLUMNS}
    return proposals.get(sample.format, ())


@pytest.mark.slow
def test_changed_exports_are_read_or_refused_and_name_every_day(tmp_path):
    """A thousandth of `make bench-health PART=mutations`."""
    read_ones = 0
    for number, (sample, data) in enumerate(mutations.drawn(seed=1, count=450)):
        path = tmp_path / sample.file
        path.write_bytes(data)
        found = outcome(path, sample)
        if found is None:
            continue
        read_ones += 1
        days = {value.day for value in found.values} | set(found.covered)
        assert mutations.wrong_days(sample, data, days) == set(), number
        assert {value.day for value in found.values} <= set(found.covered)
        assert all(one.reason in UNREAD and one.count > 0 for one in found.unread)
        assert made.CANARY not in repr(found)
    assert read_ones > 100


@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
def test_a_planted_wrong_day_is_found(sample):
    """The values of the sample moved by three weeks; the days as they are raise no alarm."""
    days = {made.day(text) for text, _ in sample.values}
    assert mutations.wrong_days(sample, sample.data, days) == set()
    moved = {day + 21 for day in days}
    assert mutations.wrong_days(sample, sample.data, moved) == moved


def test_the_columns_of_the_samples_are_those_that_are_proposed(tmp_path):
    for sample in made.SAMPLES:
        if columns_of(sample):
            path = tmp_path / sample.file
            path.write_bytes(sample.data)
            proposal = read(path)
            assert isinstance(proposal, ColumnProposal)
            assert proposal.columns == columns_of(sample)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
ENTITIES = {
    "billion_laughs": f'<!DOCTYPE HealthData [<!ENTITY l0 "ha">{LAUGHS}]>',
    "quadratic": f'<!DOCTYPE HealthData [<!ENTITY big "{"A" * 200_000}">]>',
    "external": '<!DOCTYPE HealthData [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
    "parameter": '<!DOCTYPE HealthData [<!ENTITY % more SYSTEM "file:///etc/passwd"> %more;]>',
    "unparsed": '<!DOCTYPE HealthData [<!NOTATION n SYSTEM "n"><!ENTITY pic SYSTEM "x" NDATA n>]>',
}


@pytest.mark.parametrize("doctype", ENTITIES.values(), ids=ENTITIES)
def test_entities_are_refused_within_a_second(doctype, tmp_path):
    path = tmp_path / "export.xml"
    row = made.walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 9).replace('"9"', '"&l9;&big;&file;"')
    path.write_bytes(made.apple(row, doctype=doctype + "\n"))
    began_s = time.process_time()
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "entities"
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize(
    "inside",
    [
        b"<a>" * 100_000,
        b'<Record type="' + b"x" * 5_000_000 + b'"/>',
        b"<!--" + b"x" * 5_000_000,
        b"<Record " + b" ".join(b"a%d='1'" % n for n in range(400_000)) + b"/>",
    ],
    ids=["depth", "one long attribute", "one long comment", "many attributes"],
)
def test_an_element_without_end_is_refused_and_not_collected(inside, tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(made.apple().replace(b"</HealthData>", inside + b"</HealthData>"))
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "damaged"


def test_an_archive_beyond_the_limits_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "FILE_BYTES", 100_000)
    path = tmp_path / "export.zip"
    path.write_bytes(made.zipped({"export.xml": made.APPLE + b" " * 200_000}))
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "too_large"


def test_a_file_that_is_longer_than_its_archive_states_is_refused(tmp_path):
    """The size in the archive's directory is that of a small file; packed are more bytes."""
    data = bytearray(made.zipped({"export.xml": made.APPLE}))
    place = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 1000)
    path = tmp_path / "export.zip"
    path.write_bytes(bytes(data))
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason in ("damaged", "not_known")


def test_a_json_of_a_gigabyte_in_a_small_archive_is_not_read(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "steps-2025-06-01.json", b'[{"dateTime": "06/02/25 00:00:00", "value": "1"},' + b" " * 34_000_000
        )
    path = tmp_path / "export.zip"
    path.write_bytes(out.getvalue())
    assert path.stat().st_size < 100_000
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "too_large"


def test_a_table_with_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "oura.csv"
    path.write_bytes(made.OURA + b"x," * 1_000_000)
    with pytest.raises(ImportRefused) as refused:
        read(path, dataclasses.replace(OPTIONS, columns=made.OURA_COLUMNS))
    assert refused.value.reason == "damaged"


def test_a_json_of_a_hundred_thousand_brackets_is_refused(tmp_path):
    path = tmp_path / "steps-2025-06-01.json"
    path.write_bytes(b'[{"dateTime":' + b"[" * 100_000)
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "damaged"


def test_names_in_an_archive_lead_nowhere(tmp_path):
    """Nothing is unpacked: a path that climbs is a name like any other."""
    path = tmp_path / "in" / "export.zip"
    path.parent.mkdir()
    path.write_bytes(made.zipped({"../../../climbed.xml": made.APPLE, "/etc/export.xml": made.APPLE}))
    before = sorted(tmp_path.rglob("*"))
    assert isinstance(read(path), HealthImport)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_packed_in_a_rare_way_is_refused(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("export.xml", made.APPLE)
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "damaged"


def test_an_encrypted_archive_is_refused_by_name(tmp_path):
    data = bytearray(made.zipped({"export.xml": made.APPLE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path = tmp_path / "export.zip"
    path.write_bytes(bytes(data))
    with pytest.raises(ImportRefused) as refused:
        read(path)
    assert refused.value.reason == "encrypted"


def test_each_byte_of_a_fit_file_is_under_its_sums(tmp_path):
    """Every file with one bit turned is refused, but in the sum of the header, which may be 0."""
    sample = next(one for one in made.SAMPLES if one.format == "fit")
    path = tmp_path / sample.file
    for place in range(14, len(sample.data)):
        data = bytearray(sample.data)
        data[place] ^= 4
        path.write_bytes(bytes(data))
        assert outcome(path, sample) is None, place


# ---- people


FAMILIES = {
    "two births in one export": ("export.xml", made.apple(made.me("2012-12-24"))),
    "two exports in one archive": (
        "export.zip", made.zipped({"a/export.xml": made.APPLE, "b/export.xml": made.apple(person=made.me("2012-12-24"))}),
    ),
    "two folders of Fitbit accounts": (
        "archive.zip",
        made.zipped({f"MyFitbitData/{who}/Sleep/sleep-2025-06-01.json": made.dumped([made.fitbit_night("2025-06-01T23:00:00.000", "2025-06-02T07:00:00.000", 400, 450)]) for who in "AB"}),
    ),
    "two profiles of Fitbit": (
        "archive.zip",
        made.zipped({**made.FITBIT, "Takeout/Fitbit/Your Profile/Profile.csv": made.lines("id,date_of_birth", "A,1985-03-02", "B,2012-12-24")}),
    ),
    "two numbers of Garmin": (
        "UDSFile_2025-06-01_2025-09-09.json",
        made.dumped([{"userProfilePK": n, "calendarDate": "2025-06-02", "totalSteps": 5} for n in (77, 78)]),
    ),
    "two numbers of Polar": (
        "247ohr_2025_06-9f.json",
        made.dumped({"deviceDays": [{"userId": n, "date": "2025-06-02", "samples": []} for n in (1, 2)]}),
    ),
    "two accounts in a table": ("oura.csv", made.OURA + made.OURA.splitlines(keepends=True)[1].replace(b"@example", b"@elsewhere")),
    "two names in a folder of FIT": (
        "fit.zip", made.zipped({"1.fit": made.monitoring_file("one"), "2.fit": made.monitoring_file("two")}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data"), FAMILIES.values(), ids=FAMILIES)
def test_records_of_more_than_one_person_are_refused(name, data, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ImportRefused) as refused:
        read(path, dataclasses.replace(OPTIONS, columns=made.OURA_COLUMNS if name == "oura.csv" else ()))
    assert refused.value.reason == "several_people"


def test_another_person_than_the_first_is_refused_and_only_a_keyed_digest_is_kept(tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(made.APPLE)
    first = read(path)
    assert len(first.person) == 64
    assert read(path, dataclasses.replace(OPTIONS, person=first.person)).person == first.person
    assert read(path, dataclasses.replace(OPTIONS, key=b"q" * 32)).person != first.person
    path.write_bytes(made.APPLE.replace(b"1985-03-02", b"1990-01-01"))
    with pytest.raises(ImportRefused) as refused:
        read(path, dataclasses.replace(OPTIONS, person=first.person))
    assert refused.value.reason == "another_person"
    assert "1990" not in str(refused.value)


def test_an_account_is_its_first_column_and_any_text(tmp_path):
    """A number and an address are one person; half a character is a name like any other."""
    table = made.OURA.replace(b"email", b"user_id,email").replace(made.CANARY.encode() + b"@", b"7," + b"anna@")
    path = tmp_path / "oura.csv"
    path.write_bytes(table)
    assert read(path, dataclasses.replace(OPTIONS, columns=made.OURA_COLUMNS)).person
    path = tmp_path / "UDSFile_2025-06-01_2025-09-09.json"
    path.write_bytes(b'[{"userProfilePK": "\\ud800", "calendarDate": "2025-06-02", "totalSteps": 5}]')
    assert read(path).person


def test_a_short_key_is_refused(tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(made.APPLE)
    with pytest.raises(ValueError, match="16 bytes"):
        read(path, dataclasses.replace(OPTIONS, key=b"short"))
