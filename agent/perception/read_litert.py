"""The engine of this program: our own nets over the points, and over the irises where the eyes are wanted."""

from agent.perception.crops import Frame
from agent.perception.expression import Expressed, Expression, Laid
from agent.perception.iris import Irises


class LiteRtReader:
    """Raises ModelMissing where the iris model is not there."""

    def __init__(self, expression: Expression) -> None:
        self._expression, self._irises = expression, Irises()

    def __call__(self, frame: Frame, laid: Laid, *, with_eyes: bool) -> Expressed:
        """Movements of a face; see `engines.Reader`."""
        return self._expression(laid, self._irises(frame, laid.points) if with_eyes else None)
