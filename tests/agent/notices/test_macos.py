"""What is run on macOS, by its exact words; it was not run there."""

from agent.notices import macos
from agent.notices.rows import NOTICES, TEST

ROW = NOTICES["message"]


def test_macos_is_given_its_sentence_as_an_argument_of_a_fixed_script():
    assert macos.command(ROW) == (
        "/usr/bin/osascript",
        "-e", "on run argv",
        "-e", "display notification (item 2 of argv) with title (item 1 of argv)",
        "-e", "end run",
        "Your messages",
        "There is a message for you in Wardbeat.",
    )  # fmt: skip
    scripts = {macos.command(row)[:7] for row in (*NOTICES.values(), TEST)}
    assert len(scripts) == 1
