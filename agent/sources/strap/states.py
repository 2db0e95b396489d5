"""What a person reads about their strap: one row a state."""

from agent.errors import SourceUnavailable
from agent.system.status import Level, Sentence


class StrapState(Sentence):
    """A state: its level, its words and what the person can do.

    Its name stands in transcripts of tests; its words on `status`, `doctor` and the demo.
    """

    SEARCHING = (Level.WAITING, "searching for the strap", "Put it on; moisten the electrodes.")
    LOOKING = (Level.WAITING, "looking for the strap again", "You need not do anything yet; stay near this machine.")
    AWAY = (
        Level.WAITING,
        "the strap was not found: it is not worn, out of range, asleep, or in use by another device",
        "Put it on; close other apps and watches that use it.",
    )
    BUSY = (
        Level.WAITING,
        "the strap is nearby but refuses connections; it is probably in use by another device",
        "Close the app or watch that uses it, or come closer; many straps serve only one device at a time.",
    )
    CONNECTED = (Level.OK, "connected, waiting for the first beat", "")
    PAIRED = (Level.OK, "paired with the strap; connecting again", "")
    BEATS = (Level.OK, "receiving beats", "")
    SILENT = (
        Level.WAITING,
        "connected, but the strap sends nothing",
        "Wardbeat reconnects automatically; stay near.",
    )
    BROKEN = (Level.WAITING, "the connection to the strap was lost", "Wardbeat reconnects automatically; stay near.")
    NOT_CONNECTED = (Level.WAITING, "connecting to the strap failed", "Wardbeat retries automatically.")
    GARBLED = (
        Level.WAITING,
        "the strap sends data that cannot be read",
        "Take the sensor off the strap for a minute; if this persists, use another strap.",
    )
    NO_CONTACT = (Level.WAITING, "no skin contact", "Moisten the electrodes and tighten the strap.")
    NO_BEATS = (
        Level.WAITING,
        "the strap sends a heart rate but no beats",
        "Wear it on moist skin. A sensor that never sends beat intervals cannot be used.",
    )
    BATTERY_LOW = (Level.WAITING, "the strap's battery is low", "Replace or charge the strap's battery.")
    BEATS_BATTERY_LOW = (
        Level.WAITING,
        "receiving beats; the strap's battery is low",
        "Replace or charge the strap's battery.",
    )
    TWICE = (
        Level.WAITING,
        "receiving beats; the strap sends its beats twice, and the copies are left out",
        "The numbers are right. If this persists, start Wardbeat again.",
    )
    REPEATED = (
        Level.WAITING,
        "receiving beats; the strap repeats its last beat, and the repeats are left out",
        "The numbers are right. A strap that sends each beat once is better.",
    )
    MILLISECONDS = (
        Level.WAITING,
        "receiving beats; the strap sends its beats in milliseconds, and they are converted",
        "The numbers are right. Check for an update of the strap.",
    )
    FILLED = (
        Level.WAITING,
        "the strap sends placeholders where it missed beats, so no variability is given",
        "Moisten the electrodes and tighten the strap; if this persists, use another strap.",
    )
    NEWEST_ONLY = (
        Level.WAITING,
        "only the newest beat of each packet arrives, so no variability is given",
        "Connect the strap itself, not an app or watch that relays it.",
    )
    SPARSE = (
        Level.WAITING,
        "the strap leaves out beats again and again, so no variability is given",
        "Moisten the electrodes and tighten the strap; if this persists, use another strap.",
    )
    FROM_RATE = (
        Level.WAITING,
        "the strap computes its beats from its heart rate, so no variability is given",
        "Use a strap that measures each beat. Connect the strap itself, not an app or watch that relays it.",
    )
    COARSE = (
        Level.WAITING,
        "the strap rounds its beats too much, so no variability is given",
        "Use a strap that measures each beat to a thousandth of a second.",
    )
    AVERAGED = (
        Level.WAITING,
        "the strap averages its beats, so no variability is given",
        "Use a chest strap. Optical sensors often average.",
    )
    BLUETOOTH_STOPPED = (
        Level.TROUBLE,
        "the system's Bluetooth service is not running",
        "Start it; Wardbeat then connects automatically (Linux: systemctl restart bluetooth).",
    )
    BLUETOOTH_OFF = (Level.TROUBLE, "Bluetooth is off", "Switch Bluetooth on.")
    NO_ADAPTER = (Level.TROUBLE, "this machine has no Bluetooth", "Plug in a Bluetooth adapter.")
    NO_SERVICE = (
        Level.TROUBLE,
        "there is no Bluetooth service here",
        "Ask whoever manages this machine (Linux: install and start bluez).",
    )
    NOT_ANSWERING = (
        Level.TROUBLE,
        "Bluetooth does not respond",
        "Ask whoever manages this machine to restart Bluetooth (Linux: systemctl restart bluetooth).",
    )
    NOT_PERMITTED = (Level.TROUBLE, "Wardbeat may not use Bluetooth", "Allow it in the system's privacy settings.")
    NOT_PERMITTED_BY_SYSTEM = (
        Level.TROUBLE,
        "the system does not let Wardbeat use Bluetooth",
        "Ask whoever manages this machine (Linux: join the group bluetooth and log in again).",
    )
    NO_CENTRAL = (
        Level.TROUBLE,
        "this Bluetooth adapter cannot read straps",
        "Use a Bluetooth 4.0 adapter or newer.",
    )
    ANOTHER_STRAP = (
        Level.TROUBLE,
        "another strap responds at the address of the bound strap",
        "Run 'wardbeat scan --bind' with your own strap on.",
    )
    NO_STRAP = (
        Level.TROUBLE,
        "the bound device sends no heart rate",
        "Run 'wardbeat scan --bind' with a heart-rate strap on.",
    )
    NOT_PAIRED = (
        Level.TROUBLE,
        "the strap requires pairing, and pairing failed",
        "Bring it close, put it on, and end its pairing with other devices.",
    )
    STUCK = (
        Level.TROUBLE,
        "the strap still cannot be read after every recovery step",
        "Take the sensor off the strap for a minute. If that does not help, restart Bluetooth on this machine.",
    )

    @classmethod
    def of(cls, words: str) -> "StrapState | None":
        """The state that has these words."""
        return next((state for state in cls if state.words == words), None)


def unavailable(state: StrapState) -> SourceUnavailable:
    """The error that says a state."""
    return SourceUnavailable(state.words, remedy=state.remedy)
