"""What a person reads about their strap: one row a state."""

from agent.errors import SourceUnavailable
from agent.system.status import Level, Sentence


class StrapState(Sentence):
    """A state: its level, its words and what the person can do.

    Its name stands in transcripts of tests; its words on `status`, `doctor` and the demo.
    """

    SEARCHING = (Level.WAITING, "searching for the strap", "Put it on; moisten the electrodes.")
    LOOKING = (Level.WAITING, "looking for the strap again", "Nothing to do yet; stay near this machine.")
    AWAY = (
        Level.WAITING,
        "the strap cannot be found: not worn, out of reach, asleep, or taken by another device",
        "Put it on; close other apps and watches that read it.",
    )
    BUSY = (
        Level.WAITING,
        "the strap is there but lets nobody in: probably busy with another device",
        "Close the app or watch that reads it, or come nearer; many straps talk to one device at a time.",
    )
    CONNECTED = (Level.OK, "connected, waiting for the first beat", "")
    PAIRED = (Level.OK, "paired with the strap; it is connected once more", "")
    BEATS = (Level.OK, "beats come in", "")
    SILENT = (
        Level.WAITING,
        "connected, but nothing comes from the strap",
        "It is connected anew by itself; stay near.",
    )
    BROKEN = (Level.WAITING, "the link to the strap broke", "It is connected again by itself; stay near.")
    NOT_CONNECTED = (Level.WAITING, "the strap could not be connected", "It is tried again by itself.")
    GARBLED = (
        Level.WAITING,
        "the strap sends something that cannot be read",
        "Take its sensor off the strap for a minute; if it stays so, use another strap.",
    )
    NO_CONTACT = (Level.WAITING, "no skin contact", "Moisten the electrodes and tighten the strap.")
    NO_BEATS = (
        Level.WAITING,
        "the strap sends a heart rate but no beats",
        "Wear it on moist skin; a sensor that never sends beat intervals cannot be used.",
    )
    BATTERY_LOW = (Level.WAITING, "the strap's battery is low", "Change or charge the strap's battery.")
    BEATS_BATTERY_LOW = (
        Level.WAITING,
        "beats come in; the strap's battery is low",
        "Change or charge the strap's battery.",
    )
    BLUETOOTH_STOPPED = (
        Level.TROUBLE,
        "the system's Bluetooth service is not running",
        "Once it runs, the strap is connected by itself (Linux: systemctl restart bluetooth).",
    )
    BLUETOOTH_OFF = (Level.TROUBLE, "Bluetooth is off", "Switch Bluetooth on.")
    NO_ADAPTER = (Level.TROUBLE, "this machine has no Bluetooth", "Plug in a Bluetooth adapter.")
    NO_SERVICE = (
        Level.TROUBLE,
        "there is no Bluetooth service here",
        "Ask whoever manages it (Linux: install and start bluez).",
    )
    NOT_ANSWERING = (
        Level.TROUBLE,
        "Bluetooth does not answer",
        "Ask whoever manages this machine to restart Bluetooth (Linux: systemctl restart bluetooth).",
    )
    NOT_PERMITTED = (Level.TROUBLE, "Wardbeat may not use Bluetooth", "Allow it in the system's privacy settings.")
    NOT_PERMITTED_BY_SYSTEM = (
        Level.TROUBLE,
        "the system does not let Wardbeat use Bluetooth",
        "Ask whoever manages this machine (Linux: be in the group bluetooth, and log in again).",
    )
    NO_CENTRAL = (
        Level.TROUBLE,
        "this Bluetooth adapter cannot read straps",
        "Use a Bluetooth 4.0 adapter or newer.",
    )
    ANOTHER_STRAP = (
        Level.TROUBLE,
        "another strap answers under the bound one's address",
        "Run 'wardbeat scan --bind' with your own strap on.",
    )
    NO_STRAP = (
        Level.TROUBLE,
        "the bound device sends no heart rate",
        "Run 'wardbeat scan --bind' with a heart-rate strap on.",
    )
    NOT_PAIRED = (
        Level.TROUBLE,
        "the strap wants to be paired, and that failed",
        "Bring it close, wear it, and end its pairing with other devices.",
    )
    STUCK = (
        Level.TROUBLE,
        "the strap cannot be read, whatever was tried",
        "Take its sensor off the strap for a minute; if that does not help, have Bluetooth restarted on this machine.",
    )

    @classmethod
    def of(cls, words: str) -> "StrapState | None":
        """The state that has these words."""
        return next((state for state in cls if state.words == words), None)


def unavailable(state: StrapState) -> SourceUnavailable:
    """The error that says a state."""
    return SourceUnavailable(state.words, remedy=state.remedy)
