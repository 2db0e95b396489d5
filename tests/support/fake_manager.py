"""A service manager's commands, answered by a table."""

from collections.abc import Sequence

from agent.service import Done


class FakeManager:
    """A runner for `agent.service`: it notes each command, and answers by the first words that fit."""

    def __init__(self, answers: dict[str, Done] | None = None) -> None:
        self.asked: list[str] = []
        self.files: list[bytes] = []
        self.answers = answers or {}

    def __call__(self, words: Sequence[str]) -> Done:
        line = " ".join(words)
        self.asked.append(line)
        if "/xml" in words:
            with open(words[words.index("/xml") + 1], "rb") as file:
                self.files.append(file.read())
        return next((done for part, done in self.answers.items() if part in line), Done(0, ""))
