"""What a person reads about their camera: one row a state; the child process names them, `status` shows them."""

from typing import Final

from agent.system.status import Level, Sentence


class CameraState(Sentence):
    """A state: its level, its words and what the person can do."""

    OFF = (Level.OK, "the camera is off", "")
    OPENING = (Level.WAITING, "the camera is being opened", "")
    IDLE = (Level.OK, "the camera is on; no face is in view, it looks once a second", "")
    SEVERAL = (Level.WAITING, "more than one face is in view: nothing is measured", "It goes on when you are alone.")
    LEARNING = (Level.OK, "your own neutral face is being learnt", "")
    TRACK = (Level.OK, "your face is read, five times a second", "")
    EYES = (Level.OK, "your eyes are read in a short fast burst", "")
    SLOWED = (Level.OK, "your face is read less often, to spare this machine", "")
    POOR = (
        Level.WAITING,
        "a face is in view, but cannot be read well",
        "More light from the front, nearer to the camera, and look towards it.",
    )
    DARK = (Level.WAITING, "the camera sees only dark", "Open its shutter, or switch a light on.")
    YIELDED = (Level.WAITING, "another program uses the camera; it was let go", "It comes back by itself.")
    ABSENT = (Level.TROUBLE, "there is no such camera", "Plug it in, or name another under sources.webcam.device.")
    NO_FILE = (Level.TROUBLE, "there is no such video file", "Check the path under sources.webcam.device.")
    LOST = (Level.TROUBLE, "the camera is gone", "Plug it in again; it is found by itself.")
    FROZEN = (
        Level.TROUBLE,
        "the camera's picture stands still",
        "It is opened anew by itself; unplug it if it stays so.",
    )
    BUSY = (Level.TROUBLE, "the camera is busy with another program", "Close the program that uses it.")
    DENIED = (
        Level.TROUBLE,
        "this user may not use the camera",
        "Linux: join the group 'video' and log in again. macOS, Windows: allow it under Privacy, Camera.",
    )
    GARBLED = (Level.TROUBLE, "what the camera sends is no picture", "It is opened anew by itself; try another port.")
    UNREADABLE = (Level.TROUBLE, "the video file cannot be read", "Check its path and its format.")
    HUNG = (Level.TROUBLE, "the camera's process did not answer and was ended", "It is started anew by itself.")
    NO_MODELS = (Level.TROUBLE, "the face models are not on this machine", "Run 'wardbeat models fetch'.")
    NO_AFFECT = (
        Level.TROUBLE,
        "the external expression model cannot be used",
        "Check its path, sha256 and kind under face.affect_model, or take it out.",
    )
    BROKEN = (
        Level.TROUBLE,
        "the camera's process broke down",
        "It is started anew by itself; 'wardbeat doctor' looks at its parts.",
    )
    NO_PARTS = (Level.TROUBLE, "the camera's parts are not installed", "pip install 'wardbeat[camera]'")


FAULTS: Final = frozenset(
    {
        CameraState.ABSENT, CameraState.NO_FILE, CameraState.LOST, CameraState.FROZEN, CameraState.BUSY,
        CameraState.DENIED,
        CameraState.GARBLED, CameraState.UNREADABLE, CameraState.HUNG, CameraState.NO_MODELS, CameraState.NO_AFFECT,
        CameraState.NO_PARTS, CameraState.BROKEN,
        CameraState.YIELDED,
    }
)  # fmt: skip
"""States in which no frame is taken: the child ends, and the camera is tried again."""

LASTING: Final = frozenset(
    {
        CameraState.NO_MODELS, CameraState.NO_AFFECT, CameraState.NO_PARTS, CameraState.NO_FILE, CameraState.UNREADABLE,
        CameraState.BROKEN,
    }
)  # fmt: skip
"""Of these: what does not heal without a person's hand; it is tried again seldom."""
