"""Straps that repeat, drop or make up intervals: numbers right or withheld, the state named, and nobody else accused."""

from dataclasses import replace

import numpy as np
import pytest

from agent.model import NS_PER_S, Quality
from agent.recording import files as recordings
from agent.sources.strap.beat_times import BeatTimes, rr_ns
from agent.sources.strap.quirks.recogniser import Quirks
from agent.sources.strap.quirks.table import QUIRKS as ROWS
from agent.sources.strap.states import StrapState
from agent.system.status import Level
from firmware_sim import packets
from firmware_sim.quirks import QUIRKS, WORDS
from tests.support import quirky
from tests.support.processes import shared_file
from tests.support.quirky import arriving, fibrillating, heart, numbers, paced, truth, worn

S = NS_PER_S
NAMED = {name: StrapState[name.upper()] for name in QUIRKS}
HEARTS = {
    "75, lively": lambda seed: heart(75, 40, seed=seed),
    "86, calm": lambda seed: heart(86, 18, resp_hz=0.3, seed=seed),
    "66, deep breath": lambda seed: heart(66, 60, resp_hz=0.1, seed=seed),
    "130, exercise": lambda seed: heart(130, 6, resp_hz=0.4, seed=seed),
}
SLOW = {
    "45, lively": lambda seed: heart(45, 84, resp_hz=0.2, seed=seed),
    "52, calm": lambda seed: heart(52, 12, resp_hz=0.2, seed=seed),
    "40, paced": lambda _seed: paced(1536),
}
CASES = [
    (quirk, name)
    for quirk in QUIRKS
    for name in (SLOW if quirk == "repeated" else HEARTS)
]  # fmt: skip


def right_or_withheld(strap, rr_1024, spans):
    """The RMSSD of each span within 3 % of the truth, or withheld; the rate within 3 % or withheld."""
    for from_s, span_s in spans:
        seen, (rate_bpm, rmssd_ms) = numbers(strap.samples, from_s, span_s), truth(rr_1024, from_s, span_s)
        told = seen["rmssd_ms"].value
        assert told is None or told == pytest.approx(rmssd_ms, rel=0.03, abs=0.05), (from_s, told, rmssd_ms)
        told = seen["hr_mean_bpm"].value
        assert told is None or told == pytest.approx(rate_bpm, rel=0.03), (from_s, told, rate_bpm)


@pytest.mark.parametrize(("quirk", "name"), CASES)
def test_a_quirk_is_named_and_its_numbers_are_right_or_withheld(quirk, name):
    rr_1024 = {**HEARTS, **SLOW}[name](1)
    strap = worn(arriving(rr_1024, quirk))
    right_or_withheld(strap, rr_1024, [(0, 300), (300, 300), (150, 300)])
    assert strap.states == [StrapState.BEATS, NAMED[quirk]] or quirk in ("sparse", "filled", "from_rate")
    assert NAMED[quirk] in strap.states
    assert strap.at(NAMED[quirk]) < 160
    row = next((row for row in ROWS if row.state is NAMED[quirk]), None)
    if row is None or not row.is_doubtful:  # the beats are known: nothing is withheld for it
        known = numbers(strap.samples, 300)["rmssd_ms"]
        assert known.value is not None or (known.reason == "rhythm_paced" and "paced" in name)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("quirk", QUIRKS)
def test_quirks_in_other_hearts(quirk, seed):
    chance = np.random.default_rng(seed)
    for name, made in (SLOW if quirk == "repeated" else HEARTS).items():
        rr_1024 = made(seed)
        strap = worn(arriving(rr_1024, quirk, jitter_s=chance.choice([0.0, 0.05, 0.2]), seed=seed))
        right_or_withheld(strap, rr_1024, [(0, 300), (300, 300), (100, 300)])
        assert NAMED[quirk] in strap.states, name


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_that_ends_is_forgotten(quirk):
    rr_1024 = heart(45, 60, 900, resp_hz=0.2) if quirk == "repeated" else heart(78, 35, 900)
    strap = worn(arriving(rr_1024, quirk, from_s=100, until_s=400))
    assert NAMED[quirk] in strap.states
    assert strap.states[-1] is StrapState.BEATS
    seen, honest = (numbers(one.samples, 600)["rmssd_ms"] for one in (strap, worn(arriving(rr_1024))))
    assert seen.value == pytest.approx(honest.value, rel=0.01)
    assert seen.coverage_01 == pytest.approx(honest.coverage_01, abs=0.01)


# ---- variants of the kinds


def thrice(sent, _memory):
    return (sent, replace(sent, after_s=0.003), replace(sent, after_s=0.05))


def late_copy(sent, _memory):
    return (sent, replace(sent, after_s=0.25))


@pytest.mark.parametrize("copies", [thrice, late_copy])
@pytest.mark.parametrize("rr_1024", [heart(75, 30), paced(850), fibrillating()], ids=["heart", "paced", "fibrillating"])
def test_copies_in_any_number_and_up_to_a_quarter_of_a_second_late_are_left_out(copies, rr_1024):
    strap = worn(arriving(rr_1024, copies))
    assert strap.states == [StrapState.BEATS, StrapState.TWICE]
    if rr_1024 != paced(850):  # there it takes six packets to know
        got = [round(one.value * 1.024) for one in strap.samples if one.channel == "rr_ms"]
        assert got == rr_1024[: len(got)]
        assert len(rr_1024) - len(got) < 4
        assert not [one for one in strap.samples if one.channel == "gap_ms"]
    rate_bpm = numbers(strap.samples, 60)["hr_mean_bpm"].value
    if rr_1024 != fibrillating():  # of which a rate may be withheld
        assert rate_bpm == pytest.approx(truth(rr_1024, 60)[0], rel=0.02)


def test_copies_that_differ_in_energy_are_copies():
    rr_1024, strap = heart(75, 30, 120), quirky.Worn()
    for number, (made_ns, rate_bpm, beats) in enumerate(quirky.made(rr_1024)):
        strap.hear(made_ns, packets.measurement(rate_bpm, beats, contact=True))
        strap.hear(made_ns + 4_000_000, packets.measurement(rate_bpm, beats, contact=True, energy_kj=number))
    got = [round(one.value * 1.024) for one in strap.samples if one.channel == "rr_ms"]
    assert got == rr_1024[: len(got)]


@pytest.mark.parametrize("every_s", [0.2, 0.5])
@pytest.mark.parametrize("rate_bpm", [48, 75])
def test_a_sensor_that_is_sampled_faster_than_the_heart_beats_repeats_itself(every_s, rate_bpm):
    rr_1024 = heart(rate_bpm, 40)
    strap = worn(arriving(rr_1024, "repeated", every_s=every_s))
    assert StrapState.REPEATED in strap.states
    right_or_withheld(strap, rr_1024, [(0, 300), (300, 300)])
    assert numbers(strap.samples, 300)["rmssd_ms"].value is not None


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_strap_that_leaves_out_fewer_or_more_beats(share):
    def sparse(sent, memory):
        return (replace(sent, rr_1024=() if memory.die.random() < share else sent.rr_1024),)

    rr_1024 = heart(80, 30)
    strap = worn(arriving(rr_1024, sparse))
    assert StrapState.SPARSE in strap.states
    right_or_withheld(strap, rr_1024, [(0, 300), (300, 300)])


@pytest.mark.parametrize("grid_ms", [10, 25, 50])
def test_a_strap_that_rounds_less_or_more(grid_ms):
    def coarse(sent, _memory):
        return (
            replace(sent, rr_1024=tuple(packets.ticks(grid_ms * round(rr / 1.024 / grid_ms)) for rr in sent.rr_1024)),
        )

    rr_1024 = heart(75, 30)
    strap = worn(arriving(rr_1024, coarse))
    assert strap.states == [StrapState.BEATS, StrapState.COARSE]
    right_or_withheld(strap, rr_1024, [(0, 300), (300, 300)])


def test_rates_in_milliseconds_and_cut_off_are_recognised_too():
    def cut_off(sent, _memory):
        return (replace(sent, rr_1024=tuple(60_000 // sent.hr_bpm for _ in sent.rr_1024)),)

    assert StrapState.FROM_RATE in worn(arriving(heart(75, 30, 200), cut_off)).states


def test_no_value_is_never_a_beat():
    def now_and_then(sent, memory):
        return (replace(sent, rr_1024=(*sent.rr_1024, 0xFFFF) if memory.die.random() < 0.02 else sent.rr_1024),)

    rr_1024 = heart(75, 30)
    strap = worn(arriving(rr_1024, now_and_then))
    assert strap.states == [StrapState.BEATS]
    assert max(one.value for one in strap.samples if one.channel == "rr_ms") < 2000
    assert numbers(strap.samples, 0)["rmssd_ms"].value == pytest.approx(truth(rr_1024, 0)[1], rel=0.03)


def test_a_strap_that_sends_no_value_all_the_time_is_named():
    def often(sent, memory):
        return (replace(sent, rr_1024=(*sent.rr_1024, 0xFFFF) if memory.die.random() < 0.3 else sent.rr_1024),)

    assert StrapState.FILLED in worn(arriving(heart(75, 30, 200), often)).states


# ---- nobody else is accused


def lossy(letters, share, seed=3):
    """Packets that never came."""
    chance = np.random.default_rng(seed)
    return [letter for letter in letters if chance.random() >= share]


def doubled(letters, share, seed=3):
    """Packets that came twice now and then."""
    chance = np.random.default_rng(seed)
    return [
        one
        for at_ns, payload in letters
        for one in ([(at_ns, payload), (at_ns + 4_000_000, payload)] if chance.random() < share else [(at_ns, payload)])
    ]


def stalled(letters, every=40, seconds=4):
    """Packets that were held up and came in a burst."""
    held = [
        (letters[n - n % every + seconds][0] + (n % every - seconds) * 8_000_000, payload)
        if n >= every and n % every < seconds
        else (at_ns, payload)
        for n, (at_ns, payload) in enumerate(letters[: len(letters) - every])
    ]
    return sorted(held, key=lambda letter: letter[0])


def off_skin(letters, from_n=100, count=8):
    """The skin is lost for some seconds."""
    lost = packets.measurement(70, (), contact=False)
    return [
        (at_ns, lost if from_n <= n % 200 < from_n + count else payload) for n, (at_ns, payload) in enumerate(letters)
    ]


def without_intervals(letters, from_n=100, count=5):
    """Heart rates without intervals, for some seconds."""
    bare = packets.measurement(70, (), contact=True)
    return [
        (at_ns, bare if from_n <= n % 200 < from_n + count else payload) for n, (at_ns, payload) in enumerate(letters)
    ]


FIELD = {
    "undisturbed": lambda letters: letters,
    "2 % doubles": lambda letters: doubled(letters, 0.02),
    "2 % lost": lambda letters: lossy(letters, 0.02),
    "8 % lost": lambda letters: lossy(letters, 0.08),
    "stalls and bursts": stalled,
    "long stalls": lambda letters: stalled(letters, 90, 9),
    "contact loss": off_skin,
    "RR missing": without_intervals,
    "short RR missing": lambda letters: without_intervals(letters, 100, 3),
}
HONEST = {
    **HEARTS,
    **SLOW,
    "60, paced": lambda _seed: paced(1024),
    "75, paced": lambda _seed: paced(819),
    "60, calm": lambda seed: heart(60, 15, seed=seed),
    "28, slow": lambda seed: heart(28, 40, resp_hz=0.1, seed=seed),
    "220, exercise": lambda seed: heart(220, 4, resp_hz=0.5, seed=seed),
    "fibrillating": lambda seed: fibrillating(seed=seed),
    "fibrillating, slow": lambda seed: fibrillating(52, seed=seed),
    "bigeminy": lambda seed: [rr + int(np.random.default_rng(seed).normal(0, 3)) for rr in [560, 1040] * 430],
    "bigeminy, paced": lambda _seed: [560, 1040] * 430,
    "trigeminy": lambda seed: [round(one) for one in np.tile([850, 560, 1140], 290) + np.random.default_rng(seed).normal(0, 6, 870)],
    "pauses": lambda seed: [rr if n % 17 else 3000 + n for n, rr in enumerate(heart(70, 30, seed=seed))],
}  # fmt: skip


@pytest.mark.parametrize("field", FIELD)
@pytest.mark.parametrize("name", ["75, lively", "75, paced", "45, lively", "fibrillating"])
def test_a_strap_in_the_field_is_not_accused(name, field):
    strap = worn(FIELD[field](arriving(HONEST[name](1), jitter_s=0.05)))
    assert set(strap.states) <= {StrapState.BEATS, StrapState.NO_CONTACT, StrapState.NO_BEATS, StrapState.SILENT}


@pytest.mark.long
@pytest.mark.parametrize("field", FIELD)
@pytest.mark.parametrize("name", HONEST)
def test_no_heart_and_no_radio_is_taken_for_a_quirk(name, field):
    # at 0.9 s nobody can see whether a packet is missing from the row, or is a copy that came late
    jitters_s = (0.15, 0.4) if "lost" in field or "doubles" in field else (0.3, 0.9)
    for seed, jitter_s in enumerate(jitters_s, start=2):
        strap = worn(FIELD[field](arriving(HONEST[name](seed), jitter_s=jitter_s, seed=seed)))
        allowed = {StrapState.BEATS, StrapState.NO_CONTACT, StrapState.NO_BEATS, StrapState.SILENT}
        assert set(strap.states) <= allowed, (seed, jitter_s)


@pytest.mark.parametrize("name", ["undisturbed", "2 % doubles", "stalls and bursts"])
def test_an_honest_strap_keeps_every_beat_good_and_unchanged(name):
    rr_1024 = heart(75, 30)
    beats = [one for one in worn(FIELD[name](arriving(rr_1024))).samples if one.channel == "rr_ms"]
    got = [round(one.value * 1.024) for one in beats]
    assert got == rr_1024[: len(got)]
    assert all(one.quality is Quality.GOOD for one in beats)


@pytest.mark.long
@pytest.mark.parametrize(
    "file",
    ["pyhrv_nni_5min.txt", "bartels_rest_rri.txt", "bartels_noisy_rri.hrm", "bartels_exercise_rri.hrm",
     "mghdb1003_clean10min_beats.csv", "mitdb_100_beats.csv", "nsr2db_nsr001_ectopic60min_beats.csv"],
)  # fmt: skip
def test_a_real_recording_is_not_accused(file):
    rr_1024 = [packets.ticks(beat.rr_ms) for beat in recordings.beats(shared_file(f"data/hrv/{file}"))]
    for jitter_s in (0.0, 0.4):
        assert worn(arriving(rr_1024, jitter_s=jitter_s)).states in ([StrapState.BEATS], [StrapState.BEATS] * 2)


# ---- what is refused is doubt


def test_beats_that_were_refused_for_want_of_time_are_missing_from_coverage():
    timeline, placed = BeatTimes(), []
    for second in range(1, 301):  # twice as many as there is time for, and no two packets alike
        placed += timeline.place(quirky.START_NS + second * S, [1000 + second % 7, 1010 + second % 5])
    good_s = sum(rr_ns(one.rr_1024) for one in placed if not one.is_doubtful) / S
    assert timeline.ahead > 100
    assert good_s < 0.1 * 300
    placed = []
    for second in range(301, 400):  # and when it ends, nothing is doubted for longer than what was refused
        placed += timeline.place(quirky.START_NS + second * S, [1024])
    assert not any(one.is_doubtful for one in placed[-20:])


def test_no_difference_is_taken_across_refused_beats():
    timeline, placed = BeatTimes(), []
    for second in range(1, 40):
        placed += timeline.place(quirky.START_NS + second * S, [1024])
    assert timeline.place(quirky.START_NS + 39 * S + S // 10, [1024] * 9) == []
    for second in range(40, 60):
        placed += timeline.place(quirky.START_NS + second * S, [1024])
    (after,) = (one for one in placed if one.gap_ns)
    assert after.is_doubtful


# ---- the table


def test_every_quirk_of_the_agent_is_simulated_and_has_its_words():
    assert {row.state for row in ROWS} | {StrapState.TWICE} == set(NAMED.values())
    assert WORDS.keys() == QUIRKS.keys()
    for row in ROWS:
        assert row.state.level is Level.WAITING
        assert row.state.remedy
        assert ("no variability" in row.state.words) == row.is_doubtful


def test_memory_stays_bounded_whatever_comes():
    quirks = Quirks()
    for second in range(3000):
        quirks.take(quirky.START_NS + second * S, 60, (1000 + second % 50,) * 9)
    assert len(quirks._history.packets) <= 320
