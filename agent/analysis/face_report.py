"""What `wardbeat analyze` tells of faces: in words for people, in JSON for machines (keys: docs/face.md)."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from agent import __version__
from agent.analysis.face import SeenFrame, Watched
from agent.analysis.heart_json import feature_as_json
from agent.analysis.heart_report import withheld
from agent.features import FEATURES
from agent.perception.frame_result import Look
from agent.signal.face.actions import ACTIONS
from agent.signal.face.quality import REASONS
from agent.system.status import printable


def _look_as_json(look: Look) -> dict[str, Any]:
    return {
        "faces": look.faces,
        "gate": look.gate,
        "actions": look.actions,
        "lower_face_covered": look.is_covered,
        "lids_shut": look.lids_01,
        "pose_rad": None if look.pose is None else asdict(look.pose),
    }


def video_as_json(watched: Watched) -> str:
    """One object: every frame with its raw actions, every window."""
    frames = [{"t_s": round(seen.t_s, 6), **_look_as_json(seen.look)} for seen in watched.frames]
    windows = [
        {"start_s": start_s, "end_s": end_s, "features": {one.name: feature_as_json(one) for one in values}}
        for start_s, end_s, values in watched.windows
    ]
    return json.dumps({"frames": frames, "windows": windows, "version": __version__}, allow_nan=False)


def images_as_json(seen: list[SeenFrame]) -> str:
    """One object: every photo with its raw actions."""
    rows = [{"file": one.name, **_look_as_json(one.look)} for one in seen]
    return json.dumps({"images": rows, "version": __version__}, allow_nan=False)


def video_lines(watched: Watched, *, every: bool) -> Iterator[str]:
    """For people.

    Args:
        watched: The clip.
        every: All numbers, those that never leave too.
    """
    frames = watched.frames
    read = sum(seen.look.gate is None for seen in frames)
    yield f"{len(frames)} frames over {frames[-1].t_s:.1f} s, {read} of them read"
    for gate, words in REASONS.items():
        shut = sum(seen.look.gate == gate for seen in frames)
        if shut:
            yield f"  {shut} not: {words}"
    yield from _table({name: [seen.look.actions[name] for seen in frames] for name in ACTIONS})
    for start_s, end_s, values in watched.windows:
        yield ""
        yield f"{start_s:.0f} to {end_s:.0f} s, against this clip's own neutral face"
        shown = [one for one in values if every or FEATURES[one.name].release != "live_only"]
        for one in shown:
            if one.value is not None:
                yield f"  {one.name:<28}{one.value:10.4g}  n {one.n:<5} {one.coverage_01:.0%} seen"
        yield from withheld(shown, end_s - start_s)
    yield ""
    yield "Actions are facial movements from 0 to 1, not feelings. What each means: docs/face.md" + (
        "" if every else "; --all shows every number"
    )


def image_lines(seen: list[SeenFrame]) -> Iterator[str]:
    """For people."""
    for one in seen:
        said = REASONS[one.look.gate] if one.look.gate is not None else "one face"
        covered = ", lower face covered" if one.look.is_covered else ""
        yield f"{printable(one.name)}: {said}{covered}"
        for name, value in one.look.actions.items():
            if value is not None:
                yield f"  {name:<20}{value:6.2f}{_mark(name)}"


def _table(columns: dict[str, list[float | None]]) -> Iterator[str]:
    for name, values in columns.items():
        told = [value for value in values if value is not None]
        if told:
            spread = f"from {min(told):.2f} to {max(told):.2f}, {len(told)} frames"
            yield f"  {name:<20}{np.median(told):6.2f}  {spread}{_mark(name)}"


def _mark(name: str) -> str:
    return "  experimental" if ACTIONS[name].is_experimental else ""
