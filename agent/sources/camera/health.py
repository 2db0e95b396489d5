"""What doctor says about the camera: libraries, models, the device, and a model that the person brought."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from agent.errors import SourceUnavailable, WardbeatError
from agent.perception import engines
from agent.perception.frame_result import AffectFile
from agent.sources.camera import access
from agent.sources.camera.states import CameraState
from agent.sources.camera.webcam import Settings
from agent.sources.context import Surroundings
from agent.sources.spec import SensorCheck

_PARTS = ("cv2", "av", "ai_edge_litert", "onnxruntime", "psutil")


def check(settings: Settings, around: Surroundings) -> Iterator[SensorCheck]:
    """Every check of the camera; no picture is taken, no light goes on."""
    parts = _attempt("camera_parts", parts_are_here)
    yield parts
    yield _attempt("face_models", _models)
    if around.may_open:
        yield _attempt("camera", lambda: may_be_opened(settings))
    else:
        yield SensorCheck("camera", ok=None, words="not looked at: it is opened in camera sessions alone")
    if around.engine != engines.DEFAULT:
        yield _attempt("face_engine", lambda: _engine(around.engine))
    affect = around.affect
    if affect is not None and parts.ok:
        yield _attempt("affect_model", lambda: _affect(affect))


def parts_are_here() -> str:
    """Whether the libraries are installed.

    Raises:
        SourceUnavailable: One is not.
    """
    for name in _PARTS:
        if find_spec(name) is None:
            raise SourceUnavailable(f"{name} is not installed", remedy=CameraState.NO_PARTS.remedy)
    return "installed"


def may_be_opened(settings: Settings) -> str:
    """Whether the device is there for this user.

    Raises:
        SourceUnavailable: It is not there, or not for this user.
    """
    device = str(settings.device)
    if state := access.shut(device):
        raise SourceUnavailable(state.words, remedy=state.remedy)
    return "is present and may be opened" if access.path_of(device) else "this system reports when the camera is opened"


def _models() -> str:
    from agent.perception import store

    for file in store.manifest().files:
        store.verified(file)
    store.ours()
    return "all files match the manifest"


def _engine(name: str) -> str:
    from agent.perception import store

    engine = engines.ENGINES[name]
    release = engines.must_be_installed(engine)
    store.optional(engine.file)
    return f"{engine.package} {release} and its model are here"


def _affect(affect: AffectFile) -> str:
    from agent.perception.affect import Affect

    Affect(affect)
    return "found; it returns its classes"


def _attempt(check_id: str, look: Callable[[], str]) -> SensorCheck:
    try:
        return SensorCheck(check_id, ok=True, words=look())
    except WardbeatError as error:
        return SensorCheck(
            check_id, ok=False, words=str(error), remedy=error.remedy or "Keep the file, and ask for help."
        )
