"""Every error a person can meet, as one short tree; each names the thing, the reason and the remedy.

WardbeatError                     exit code
├── WrongUse                      2   the words or the file given are not right
│   ├── ConfigInvalid             2   a key or value of the configuration
│   ├── PolicyDenied              2   the place's policy does not allow it
│   ├── RecordingUnreadable       2   a recording, with its line
│   ├── ImportRefused             2   a health export refused by name; `reason` is the counter's name
│   ├── RatingsUnreadable         2   a table of ratings, with its lines
│   └── DocumentRefused           2   a paper's file refused by name; `reason` is one of `copilot.pdf.REASONS`
├── Missing                       3   something needed is not there
│   ├── SourceUnavailable         3   a sensor or its file
│   ├── ModelMissing              3   a face model, or its right bytes
│   ├── EngineMissing             3   the package or model of the engine that face.engine names
│   ├── KeysMissing               3   not enrolled, or the data key is gone
│   ├── NoTerminal                3   a PIN is needed and nobody can be asked
│   ├── NotScored                 3   no channel, or too little of it, for a score
│   ├── AlreadyRunning            3   a second agent on one state folder
│   ├── NoDesktop                 3   no notification can be shown here
│   ├── NotRunning                3   a command needs the running agent
│   └── AgentBusy                 3   the running agent did not answer in time
├── CheckFailed                   1   a check was made and did not hold
│   ├── PacketRefused             1   bytes of a sensor refused by name; `reason` is the counter's name
│   ├── EntryRefused              1   a calendar entry refused by name, inside the reading process
│   ├── LedgerBroken              1   the chain does not verify
│   ├── CorpusRefused             1   the papers of the evidence, with line, field and reason
│   ├── QuoteRefused              1   a sentence that is not its stored passage's
│   └── WrongPin                  1
├── NotDurable                    1   a hub's database that may forget what it committed
├── BeginAgain                    1   nothing is wrong: the agent starts again, with new keys
└── WayOut                        1   gate, seal or outbox: stops the agent
    ├── OutboxBroken              1
    ├── StorageFull               3   the disk; rows wait, nothing is lost
    └── WireRefused               2   bytes on the wire refused by name; `reason` is the counter's name
"""

from typing import ClassVar


class WardbeatError(Exception):
    """An error with its remedy.

    Attributes:
        remedy: What the person can do, one sentence; empty where nothing can be done.
        exit_code: What the command line answers with.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class WrongUse(WardbeatError):
    exit_code = 2


class ConfigInvalid(WrongUse):
    pass


class PolicyDenied(WrongUse):
    pass


class RecordingUnreadable(WrongUse):
    pass


class ImportRefused(WrongUse):
    """A health export that is not read; nothing of it is kept.

    Attributes:
        reason: One name of `agent.days.health.refusals.REFUSALS`.
    """

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason


class RatingsUnreadable(WrongUse):
    pass


class DocumentRefused(WrongUse):
    """A paper's file that is not added; nothing of it is kept.

    Attributes:
        reason: One name of `copilot.pdf.REASONS`.
    """

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason


class Missing(WardbeatError):
    exit_code = 3


class SourceUnavailable(Missing):
    pass


class ModelMissing(Missing):
    pass


class EngineMissing(Missing):
    pass


class KeysMissing(Missing):
    pass


class NoTerminal(Missing):
    pass


class NotScored(Missing):
    pass


class AlreadyRunning(Missing):
    pass


class BeginAgain(WardbeatError):
    pass


class NoDesktop(Missing):
    pass


class NotRunning(Missing):
    pass


class AgentBusy(Missing):
    pass


class CheckFailed(WardbeatError):
    pass


class PacketRefused(CheckFailed):
    """Bytes of a sensor that its specification does not allow.

    Attributes:
        reason: What counters are named after.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"a packet was refused: {reason}")
        self.reason = reason


class LedgerBroken(CheckFailed):
    pass


class CorpusRefused(CheckFailed):
    pass


class QuoteRefused(CheckFailed):
    pass


class WrongPin(CheckFailed):
    pass


class NotDurable(WardbeatError):
    pass


class WayOut(WardbeatError):
    pass


class OutboxBroken(WayOut):
    pass


class StorageFull(WayOut):
    exit_code = 3


class WireRefused(WayOut):
    """Bytes that the wire format does not allow.

    Attributes:
        reason: One name of `agent.wire.labels.REASONS`; what counters and notices carry.
    """

    exit_code = 2

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason
