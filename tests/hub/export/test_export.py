"""Exports: opened by pandas and by R, with units and types as the dictionary says, under pseudonyms that link nothing."""

import csv
import json
import subprocess

import pytest

from agent.errors import WrongUse
from agent.outbox import consents
from agent.wire import schema
from agent.wire.keys import kid
from agent.wire.message import EraseMessage
from hub.export import folder as folder_module
from hub.export.folder import Asked, export
from hub.export.formats import COLUMNS, dictionary
from hub.export.rows import pseudonym, unit_of
from tests.support.hub_messages import seal
from tests.support.processes import system_tool
from tests.support.scored import FIRST_DAY, Scored
from tests.support.world import START_UTC_S, another_person, deliver

NOW = START_UTC_S + 90 * 86_400


@pytest.fixture
def site(world, tmp_path):
    """Two people with a few days each; one number is withheld."""
    one = Scored.made(world)
    other = Scored.made(another_person(world, tmp_path / "other"), one.receiver)
    for person, seed in ((one, 1), (other, 2)):
        for n in range(20):
            start = FIRST_DAY * 86_400 + n * 300
            rate, rmssd = 60.0 + n + seed / 10, 30.0 + n
            person.say(person.window(start, rate, rmssd, purpose="care"))
        person.say(withheld(person))
        person.send()
    return one, other


def withheld(person):
    from agent.model import CodedValue
    from agent.wire.message import SummaryMessage

    start = FIRST_DAY * 86_400 + 50 * 300
    rate = schema.features()[1]
    values = (CodedValue(1, rate.code(71.5), 290, 900, 20, rate.code(70.1), rate.code(72.9)), CodedValue(2, 0))
    return SummaryMessage("care", person.consent_hash, start, start + 300, values)


def made(person, into, study="alpha", purposes=("care",)):
    receiver = person.receiver
    return export(receiver.keys, receiver.store, into, Asked(study, purposes, "Dr. Data"), NOW)


def long_rows(folder):
    with (folder / "long.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_number_is_a_row_with_its_unit_interval_and_reason(site, tmp_path):
    manifest = made(site[0], tmp_path / "out")
    rows = long_rows(tmp_path / "out")
    assert manifest["people"] == 2
    assert len(rows) == 2 * 42
    assert len({row["person"] for row in rows}) == 2
    given = [row for row in rows if row["value"]]
    missing = [row for row in rows if not row["value"]]
    assert {row["unit"] for row in given} == {"/min", "ms"}
    assert [(row["feature"], row["coverage_01"], row["ci_low"]) for row in missing] == [("rmssd_ms", "", "")] * 2
    assert all(row["reason"] for row in missing)
    with_interval = [row for row in rows if row["ci_low"]]
    assert [(row["value"], row["ci_low"], row["ci_high"]) for row in with_interval] == [("71.5", "70.1", "72.9")] * 2
    assert {row["start"][-1] for row in rows} == {"Z"}
    assert {row["profile"] for row in rows} == {"care"}
    assert all("SYNTHETIC" in row["export"] and "Dr. Data" in row["export"] for row in rows)


def day_rows(folder):
    with (folder / "days.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def say_days(person):
    """Three days; one was corrected, and one taken back. The same night was given to a score, too."""
    first = FIRST_DAY + 2
    person.say(person.values(first, "care", sleep_h=7.04, sleep_efficiency_01=0.9, short_rests_n=1.0))
    person.say(person.values(first + 1, "care", sleep_h=6.0, shift_hours_h=8.25))
    person.say(person.values(first + 1, "care", sleep_h=6.5, shift_hours_h=8.25))
    person.say(person.values(first + 2, "care", sleep_h=5.0))
    person.say(person.values(first + 2, "care"))
    person.say(person.values(first, "score", sleep_h=7.04))
    person.send()


def test_values_of_days_are_exported_in_their_newest_form(site, tmp_path):
    one, _ = site
    say_days(one)
    manifest = made(one, tmp_path / "out")
    rows = day_rows(tmp_path / "out")
    assert [(row["feature"], row["value"], row["unit"]) for row in rows] == [
        ("short_rests_n", "1.0", "1"),
        ("sleep_h", "7.0", "h"),
        ("sleep_efficiency_01", "0.9", "1"),
        ("shift_hours_h", "8.25", "h"),
        ("sleep_h", "6.5", "h"),
    ]
    assert {row["coverage_01"] for row in rows} == {"0.9"}
    assert {(row["purpose"], row["profile"]) for row in rows} == {("care", "care")}
    assert manifest["files"]["days.csv"]["lines"] == 1 + len(rows)
    assert {row["person"] for row in rows} < {row["person"] for row in long_rows(tmp_path / "out")}
    listed = {row["name"]: row for row in dictionary() if row["type"] == "number" and "days.csv" in row["file"]}
    assert all(listed[row["feature"]]["unit"] == row["unit"] for row in rows)
    assert listed["sleep_h"]["evidence"] == "A"
    assert listed["sleep_h"]["file"] == "days.csv, fhir.ndjson, open_mhealth.ndjson"
    assert (listed["shift_hours_h"]["file"], listed["shift_hours_h"]["title"]) == ("days.csv", "hours of shifts")
    with one.world.outbox() as outbox:
        consents.withdraw(outbox, one.world.identity.sign, one.world.identity.site, START_UTC_S + 10)
        deliver(one.world, outbox, one.receiver)
    made(one, tmp_path / "left")
    assert day_rows(tmp_path / "left") == []


def test_days_with_a_code_stand_in_fhir_and_open_mhealth(site, tmp_path):
    say_days(site[0])
    made(site[0], tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out/fhir.ndjson").read_text().splitlines()]
    slept = [one for one in lines if "effectiveDateTime" in one]
    assert [one["valueQuantity"]["value"] for one in slept] == [7.0, 6.5]
    assert {one["code"]["coding"][0]["code"] for one in slept} == {"93832-4"}
    points = [json.loads(line) for line in (tmp_path / "out/open_mhealth.ndjson").read_text().splitlines()]
    nights = [one for one in points if one["header"]["schema_id"]["name"] == "sleep-duration"]
    assert [one["body"]["sleep_duration"] for one in nights] == [
        {"value": 7.0, "unit": "h"},
        {"value": 6.5, "unit": "h"},
    ]
    assert nights[0]["body"]["effective_time_frame"]["time_interval"]["duration"] == {"value": 1, "unit": "d"}
    assert not any("shift_hours_h" in json.dumps(one) for one in (*lines, *points)), "a roster has no code there"


def test_the_dictionary_has_every_column_of_every_table(site, tmp_path):
    made(site[0], tmp_path / "out")
    with (tmp_path / "out/long.csv").open(newline="") as file:
        assert set(next(csv.reader(file))) == {*COLUMNS, "export"}
    with (tmp_path / "out/wide.csv").open(newline="") as file:
        wide = set(next(csv.reader(file)))
    listed = {row["name"]: row for row in dictionary()}
    assert {name for name in wide if "__" not in name} <= {*listed, "export"}
    with (tmp_path / "out/days.csv").open(newline="") as file:
        assert set(next(csv.reader(file))) <= {*listed, "export"}
    for row in schema.features().values():
        assert listed[row.name]["unit"] == unit_of(row.name), "each feature's name ends in a unit that we know"


def test_two_studies_share_no_pseudonym_and_no_order(site, tmp_path):
    made(site[0], tmp_path / "alpha")
    made(site[0], tmp_path / "beta", study="beta")
    again = made(site[0], tmp_path / "again")
    alpha, beta = ({row["person"] for row in long_rows(tmp_path / name)} for name in ("alpha", "beta"))
    assert not alpha & beta
    assert {row["person"] for row in long_rows(tmp_path / "again")} == alpha, "a study keeps its pseudonyms"
    assert again["study"] == "alpha"
    for person in site:
        name = person.world.identity.device
        for file in (tmp_path / "alpha").iterdir():
            assert name not in file.read_text()
            assert kid(person.world.identity.sign.public).hex() not in file.read_text()


def test_only_what_was_sent_for_the_purpose_and_is_not_withdrawn_or_erased(site, tmp_path):
    one, other = site
    assert made(one, tmp_path / "none", purposes=("research",))["people"] == 0
    with one.world.outbox() as outbox:
        consents.withdraw(outbox, one.world.identity.sign, one.world.identity.site, START_UTC_S + 10)
        deliver(one.world, outbox, one.receiver)
    assert made(one, tmp_path / "left")["people"] == 1
    keys = one.receiver.keys
    which = kid(other.world.identity.sign.public)
    before = pseudonym(keys, b"k" * 32, which)
    with other.world.outbox() as outbox:
        serial = consents.in_force(outbox).serial
    one.receiver.handle([(other.world.topic, seal(other.world, [EraseMessage(serial, START_UTC_S + 20)], 900))])
    keys.refresh()
    assert made(one, tmp_path / "erased")["people"] == 0
    assert pseudonym(keys, b"k" * 32, which) != before, "after an erasure nobody finds out which name was whose"


def test_nothing_is_overwritten_and_a_failure_leaves_nothing(site, tmp_path, monkeypatch):
    made(site[0], tmp_path / "out")
    with pytest.raises(WrongUse):
        made(site[0], tmp_path / "out")

    def fails(*_args):
        raise OSError("the disk is full")
        yield

    monkeypatch.setattr(folder_module, "rows_of", fails)
    with pytest.raises(OSError, match="full"):
        made(site[0], tmp_path / "broken")
    assert not (tmp_path / "broken").exists()
    assert not list(tmp_path.glob(".broken*"))


@pytest.mark.parametrize(
    "asked",
    [
        Asked("", ("care",), "x"),
        Asked("../up", ("care",), "x"),
        Asked("a" * 33, ("care",), "x"),
        Asked("a", (), "x"),
        Asked("a", ("marketing",), "x"),
        Asked("a", ("care",), ""),
        Asked("a", ("care",), "x" * 101),
        Asked("a", ("care",), "two\nlines"),
    ],
)
def test_names_that_could_not_stand_in_a_file_are_refused(asked):
    with pytest.raises(WrongUse):
        asked.check()


def test_pandas_reads_types_and_numbers_as_the_dictionary_says(site, tmp_path):
    pandas = pytest.importorskip("pandas")
    made(site[0], tmp_path / "out")
    table = pandas.read_csv(tmp_path / "out/long.csv", parse_dates=["start", "end"])
    kinds = {name: kind for name, (kind, _) in COLUMNS.items()}
    for name, kind in kinds.items():
        if kind == "time":
            assert str(table[name].dt.tz) == "UTC"
        elif kind in ("number", "count"):
            assert pandas.api.types.is_numeric_dtype(table[name]), name
    wide = pandas.read_csv(tmp_path / "out/wide.csv")
    long = table[table.feature == "hr_mean_bpm"].sort_values(["person", "start"])
    assert wide.sort_values(["person", "start"]).hr_mean_bpm.tolist() == long.value.tolist()
    assert wide.rmssd_ms.isna().sum() == 2
    limits = pandas.read_csv(tmp_path / "out/dictionary.csv").set_index("name")
    assert long.value.between(limits.low["hr_mean_bpm"], limits.high["hr_mean_bpm"]).all()


R_SCRIPT = """
long <- read.csv("long.csv"); wide <- read.csv("wide.csv"); words <- read.csv("dictionary.csv")
stopifnot(is.numeric(long$value), is.numeric(long$coverage_01), is.numeric(long$n), is.character(long$person))
stopifnot(!any(is.na(as.POSIXct(long$start, format = "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"))))
stopifnot(all(unique(long$feature) %in% words$name))
units <- words$unit[match(long$feature, words$name)]
stopifnot(all(units == long$unit))
stopifnot(sum(is.na(long$value)) == 2, all(long$reason[is.na(long$value)] != ""))
rate <- long[long$feature == "hr_mean_bpm", ]
stopifnot(nrow(rate) == nrow(wide), isTRUE(all.equal(sum(rate$value), sum(wide$hr_mean_bpm))))
cat(nrow(long), length(unique(long$person)))
"""


@pytest.mark.process
def test_r_reads_types_units_and_numbers_as_the_dictionary_says(site, tmp_path):
    made(site[0], tmp_path / "out")
    done = subprocess.run(
        [system_tool("Rscript"), "--vanilla", "-e", R_SCRIPT], cwd=tmp_path / "out", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "84 2"
    broken = (tmp_path / "out/long.csv").read_text().replace(",/min,", ",bpm,", 1)
    (tmp_path / "out/long.csv").write_text(broken)  # the same script finds a unit that is not the dictionary's
    done = subprocess.run(
        [system_tool("Rscript"), "--vanilla", "-e", R_SCRIPT], cwd=tmp_path / "out", capture_output=True, text=True
    )
    assert done.returncode != 0


def test_fhir_and_open_mhealth_say_the_same_numbers(site, tmp_path):
    made(site[0], tmp_path / "out")
    rows = long_rows(tmp_path / "out")
    observations = [json.loads(line) for line in (tmp_path / "out/fhir.ndjson").read_text().splitlines()]
    assert len(observations) == len(rows)
    for row, one in zip(rows, observations, strict=True):
        assert one["resourceType"] == "Observation"
        assert one["subject"]["identifier"]["value"] == row["person"]
        assert ("valueQuantity" in one) != ("dataAbsentReason" in one)
        if row["value"]:
            assert one["valueQuantity"]["value"] == float(row["value"])
            assert one["valueQuantity"]["code"] == row["unit"]
        codes = [coding["code"] for coding in one["code"]["coding"]]
        assert codes == (["8867-4", "hr_mean_bpm"] if row["feature"] == "hr_mean_bpm" else [row["feature"]])
    points = [json.loads(line) for line in (tmp_path / "out/open_mhealth.ndjson").read_text().splitlines()]
    assert len(points) == sum(bool(row["value"]) for row in rows)
    rates = [one for one in points if one["header"]["schema_id"]["name"] == "heart-rate"]
    assert {one["body"]["heart_rate"]["unit"] for one in rates} == {"beats/min"}
    assert {one["header"]["schema_id"]["namespace"] for one in points} == {"omh", "wardbeat"}


def test_the_hub_remembers_which_exports_there_are(site, tmp_path):
    manifest = made(site[0], tmp_path / "out")
    (known,) = json.loads(site[0].receiver.keys.text("exports"))
    assert known["sha256"]["long.csv"] == manifest["files"]["long.csv"]["sha256"]
    assert (known["study"], known["to"], known["people"]) == ("alpha", "Dr. Data", 2)
