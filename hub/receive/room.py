"""What rides in the room that an answer has left: alerts first, then scores, then looks. It makes no answer more."""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import chain

from agent.wire.looks import link
from agent.wire.receipt import MAX_ENTRIES, Answer, LooksMessage
from hub.store.derived import Derived, score_message
from hub.store.rides import LOOKS, SCORE, Ride, Riding


def on_their_way(read: Derived, kids: Sequence[bytes]) -> dict[bytes, list[Ride]]:
    """What waits for each of these devices, in the order in which it rides: the newest score first, the oldest look."""
    scores, others = read.waiting(kids), read.rides(kids)
    found = {}
    for kid in kids:
        rides = others.get(kid, [])
        alerts = (ride for ride in rides if ride.riding.kind != LOOKS)
        of_days = (
            Ride(
                Riding(kid, SCORE, score.day, score.revision, is_readable=score.words is not None),
                None if score.words is None else score_message(score.words),
            )
            for score in scores.get(kid, [])
        )
        looks = (ride for ride in rides if ride.riding.kind == LOOKS)
        found[kid] = list(chain(alerts, of_days, looks))
    return found


def filled(waiting: Sequence[Ride], fits: Callable[[list[Answer]], bool]) -> tuple[list[Answer], list[Riding]]:
    """As much of what waits as fits, and the rows that it is; looks that follow each other are one answer.

    Args:
        waiting: As `on_their_way` gives it.
        fits: Whether an envelope has room for these.

    Returns:
        The answers, and their rows with those that no data key opens: they ride unsent, so that they are deleted.
    """
    answers: list[Answer] = []
    riding: list[Riding] = []
    for ride in waiting:
        if ride.answer is not None:
            more = _with(answers, ride.answer)
            if not fits(more):
                if isinstance(ride.answer, LooksMessage):
                    break  # none is left out between two
                continue
            answers = more
        riding.append(ride.riding)
    return answers, riding


def _with(answers: list[Answer], answer: Answer) -> list[Answer]:
    last = answers[-1] if answers else None
    if isinstance(last, LooksMessage) and isinstance(answer, LooksMessage):
        looks = (*last.looks, *answer.looks)
        if len(looks) <= MAX_ENTRIES and reduce(link, last.looks, last.before) == answer.before:
            return [*answers[:-1], LooksMessage(last.before, looks)]
    return [*answers, answer]
