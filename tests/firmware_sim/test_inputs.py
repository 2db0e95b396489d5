"""What the simulator is given: fault timelines, recordings, lines at its control port."""

import pytest

from firmware_sim import physiology, recording
from firmware_sim.faults import Fault, timeline
from firmware_sim.physiology import Beat
from tests.support import strap_program


@pytest.mark.process
def test_the_control_port_answers_a_bad_line_and_goes_on(sim):
    _, said = sim
    assert "no fault 'fire'" in strap_program.ask(said["control"], fault="fire")["error"]
    assert "no strap 7" in strap_program.ask(said["control"], fault="silent", strap=7)["error"]
    assert strap_program.ask(said["control"], fault="silent", for_s=1) == {"ok": True}
    (about,) = strap_program.ask(said["control"], ask="straps")["straps"]
    assert about["name"] == "WB-SIM 0"


@pytest.mark.parametrize(
    ("text", "words"),
    [("- {at_s: 1, fault: fire}", "no fault 'fire'"), ("- {fault: silent, when: 2}", "no key 'when'"), ("7", "not a list"),
     ("- {fault: silent, for_s: -1}", "number from 0 up"), ("- silent", "row 1: not a fault"), (":\n  - {", "not readable")],
)  # fmt: skip
def test_a_wrong_timeline_is_told_by_row_and_reason(text, words, tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words):
        timeline(file)


def test_a_timeline_is_read_in_order_of_time(tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text("- {at_s: 9, fault: silent, for_s: 2}\n- {at_s: 1, fault: low_battery, percent: 3}\n")
    assert timeline(file) == (Fault("low_battery", 1, percent=3), Fault("silent", 9, 2))


def test_a_recording_is_read_as_text_and_as_csv(tmp_path):
    text, csv, bad = (tmp_path / name for name in ("rr.txt", "rr.csv", "bad.txt"))
    text.write_text("# rest\n1000\n500\n")
    csv.write_text("t_s,rr_ms\n11,1000\n20,500\n")
    bad.write_text("1000\nfast\n")
    assert list(recording.beats(text)) == [Beat(1.0, 1000.0), Beat(1.5, 500.0)]
    assert list(recording.beats(csv)) == [Beat(1.0, 1000.0), Beat(10.0, 500.0)]
    with pytest.raises(ValueError, match="line 2"):
        list(recording.beats(bad))


def test_the_body_of_the_demo_is_one_that_scripts_know():
    from agent.demo import options as demo

    assert len(physiology.phases(demo.SCRIPT)) == 3
