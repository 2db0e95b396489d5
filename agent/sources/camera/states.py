"""What a person reads about their camera: one row a state; the child process names them, `status` shows them."""

from typing import Final

from agent.system.installation import how_to_add
from agent.system.status import Level, Sentence


class CameraState(Sentence):
    """A state: its level, its words and what the person can do."""

    OFF = (Level.OK, "the camera is off", "")
    OPENING = (Level.WAITING, "the camera is being opened", "")
    IDLE = (Level.OK, "the camera is on; no face is in view; it checks once a second", "")
    SEVERAL = (Level.WAITING, "more than one face is in view: nothing is measured", "It continues when you are alone.")
    LEARNING = (Level.OK, "your neutral face is being learned", "")
    TRACK = (Level.OK, "your face is read five times a second", "")
    EYES = (Level.OK, "your eyes are read in a short, fast burst", "")
    SLOWED = (Level.OK, "your face is read less often to save computing time", "")
    POOR = (
        Level.WAITING,
        "a face is in view, but cannot be read well",
        "Get more light from the front, move closer to the camera, and look towards it.",
    )
    DARK = (Level.WAITING, "the camera picture is dark", "Open the shutter, or switch a light on.")
    YIELDED = (Level.WAITING, "another program uses the camera; Wardbeat released it", "It resumes automatically.")
    LOCKED = (
        Level.WAITING,
        "the camera is closed while your screen is locked or somebody else uses this machine",
        "It resumes when you are back.",
    )
    ABSENT = (Level.TROUBLE, "this camera was not found", "Plug it in, or choose another under sources.webcam.device.")
    NO_FILE = (Level.TROUBLE, "this video file was not found", "Check the path under sources.webcam.device.")
    LOST = (Level.TROUBLE, "the camera was unplugged", "Plug it in again; Wardbeat finds it automatically.")
    FROZEN = (
        Level.TROUBLE,
        "the camera picture is frozen",
        "Wardbeat reopens it automatically; unplug it if this persists.",
    )
    BUSY = (Level.TROUBLE, "the camera is busy with another program", "Close the program that uses it.")
    DENIED = (
        Level.TROUBLE,
        "this user may not use the camera",
        "Linux: join the group 'video' and log in again. macOS, Windows: allow it under Privacy, Camera.",
    )
    GARBLED = (
        Level.TROUBLE,
        "the camera sends no valid picture",
        "Wardbeat reopens it automatically; try another port.",
    )
    UNREADABLE = (Level.TROUBLE, "the video file cannot be read", "Check its path and its format.")
    COLOURS = (
        Level.TROUBLE,
        "the video file's colours are of a kind that cannot be read, such as HDR",
        "Save it in usual colours (SDR, BT.709).",
    )
    HUNG = (Level.TROUBLE, "the camera process did not respond and was stopped", "It is restarted automatically.")
    FLOODED = (
        Level.TROUBLE,
        "the camera process sent far more than it may and was stopped",
        "It is restarted automatically; if this persists, run 'wardbeat doctor'.",
    )
    NO_MODELS = (Level.TROUBLE, "the face models are not on this machine", "Run 'wardbeat models fetch'.")
    NO_ENGINE = (
        Level.TROUBLE,
        "the package or the model of the engine under face.engine is not on this machine",
        "Run 'wardbeat doctor', which names what is missing, or remove face.engine from the settings.",
    )
    NO_AFFECT = (
        Level.TROUBLE,
        "the external expression model cannot be used",
        "Check its path, sha256 and kind under face.affect_model, or remove it.",
    )
    BROKEN = (
        Level.TROUBLE,
        "the camera process crashed",
        "It is restarted automatically; run 'wardbeat doctor' to check it.",
    )
    NO_PARTS = (Level.TROUBLE, "the camera packages are not installed", how_to_add("camera"))


FAULTS: Final = frozenset(
    {
        CameraState.ABSENT, CameraState.NO_FILE, CameraState.LOST, CameraState.FROZEN, CameraState.BUSY,
        CameraState.DENIED,
        CameraState.GARBLED, CameraState.UNREADABLE, CameraState.COLOURS, CameraState.HUNG, CameraState.FLOODED,
        CameraState.NO_MODELS, CameraState.NO_ENGINE, CameraState.NO_AFFECT,
        CameraState.NO_PARTS, CameraState.BROKEN,
        CameraState.YIELDED, CameraState.LOCKED,
    }
)  # fmt: skip
"""States in which no frame is taken: the child ends, and the camera is tried again."""

LASTING: Final = frozenset(
    {
        CameraState.NO_MODELS, CameraState.NO_ENGINE, CameraState.NO_AFFECT, CameraState.NO_PARTS, CameraState.NO_FILE,
        CameraState.UNREADABLE, CameraState.COLOURS, CameraState.BROKEN, CameraState.FLOODED,
    }
)  # fmt: skip
"""Of these: what does not heal without a person's hand; it is tried again seldom."""
