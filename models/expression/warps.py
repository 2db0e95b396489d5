"""Known movements put into a photo: lids, jaw, mouth, brows, gaze, head.

Everything happens in one working frame: the face level, 100 px between the outer corners of the eyes, 400 x 400 px.
A movement is an amplitude: 0 the face as it is, 1 as far as it goes.
"""

from dataclasses import dataclass, fields
from typing import Final

import cv2
import numpy as np

SIZE_PX: Final = 400
EYE_PX: Final = 100.0
EYES_Y_PX: Final = 165.0

UPPER_LID: Final = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
LOWER_LID: Final = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
BROW: Final = ((46, 53, 52, 65, 55), (285, 295, 282, 283, 276))
# inner end, middle, peak and tail of each brow, by its upper and lower edge
BROW_POINTS: Final = (((55, 107), (65, 66), (52, 105), (53, 63)), ((285, 336), (295, 296), (282, 334), (283, 293)))
IRIS: Final = (468, 473)
INNER_LIPS: Final = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)


@dataclass(frozen=True, slots=True)
class Movement:
    """Amplitudes; sides are the person's own. ``close_*`` -0.35 (wide open) to 1 (shut); gaze and head in their units."""

    smile_left: float = 0.0
    smile_right: float = 0.0
    jaw_open: float = 0.0
    teeth_01: float = 0.0
    brow_down: float = 0.0
    brow_inner_up: float = 0.0
    brow_outer_up: float = 0.0
    upper_lip_up: float = 0.0
    lower_lip_down: float = 0.0
    lip_press: float = 0.0
    pucker: float = 0.0
    funnel: float = 0.0
    stretch_left: float = 0.0
    stretch_right: float = 0.0
    dimple: float = 0.0
    frown: float = 0.0
    mouth_shift: float = 0.0
    squint_left: float = 0.0
    squint_right: float = 0.0
    close_left: float = 0.0
    close_right: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    yaw_rad: float = 0.0
    pitch_rad: float = 0.0

    def as_row(self) -> np.ndarray:
        """All fields in order, shape (25,)."""
        return np.array([getattr(self, name) for name in MOVEMENTS], dtype=np.float32)


MOVEMENTS: Final = tuple(one.name for one in fields(Movement))


def working(photo: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The photo in the working frame, and where points of it lie there.

    Args:
        photo: uint8, shape (h, w, 3).
        points: 478 points in px, shape (478, 3).
    """
    right, left = points[33, :2], points[263, :2]
    across = left - right
    scale = EYE_PX / np.hypot(*across)
    cos, sin = across / np.hypot(*across) * scale
    middle = (right + left) / 2
    turn = np.array([[cos, sin], [-sin, cos]])
    shift = np.array([SIZE_PX / 2, EYES_Y_PX]) - turn @ middle
    picture = cv2.warpAffine(
        photo, np.column_stack([turn, shift]), (SIZE_PX, SIZE_PX), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return picture, np.column_stack([points[:, :2] @ turn.T + shift, points[:, 2] * scale])


class Warper:
    """One photo, ready to be moved.

    Args:
        picture: In the working frame.
        points: 478 points there, shape (478, 3).
    """

    def __init__(self, picture: np.ndarray, points: np.ndarray) -> None:
        self.picture, self.points = picture, points

    def moved(self, movement: Movement, random: np.random.Generator) -> np.ndarray:
        """The photo with the movement in it, uint8, shape (400, 400, 3)."""
        picture = self.picture
        if movement.gaze_x or movement.gaze_y:
            picture = self._gaze(picture, movement)
        for side, (squint, close) in enumerate(
            ((movement.squint_right, movement.close_right), (movement.squint_left, movement.close_left))
        ):
            if squint or close:
                picture = self._lids(picture, side, squint, close, random)
        opening = movement.jaw_open * 0.62 + 0.05 * movement.funnel + 0.06 * movement.lower_lip_down
        raised = 0.04 * movement.funnel + 0.045 * movement.upper_lip_up
        if opening > 0.01 or raised > 0.01:
            picture = self._mouth(picture, opening, raised, movement.teeth_01, random)
        if movement.brow_down or movement.brow_inner_up or movement.brow_outer_up:
            picture = self._brows(picture, movement)
        bumps = self._bumps(movement)
        if bumps:
            picture = _bumped(picture, bumps)
        if movement.yaw_rad or movement.pitch_rad:
            picture = self._turned(picture, movement.yaw_rad, movement.pitch_rad)
        return picture

    # ---- eyes

    def _gaze(self, picture: np.ndarray, movement: Movement) -> np.ndarray:
        """The iris moves inside the lids; the lids stay."""
        row, column = np.mgrid[:SIZE_PX, :SIZE_PX].astype(np.float32)
        map_x, map_y = column.copy(), row.copy()
        inside = np.zeros((SIZE_PX, SIZE_PX), dtype=np.uint8)
        for side in (0, 1):
            contour = self.points[[*UPPER_LID[side], *LOWER_LID[side][::-1]], :2]
            cv2.fillPoly(inside, [np.round(contour).astype(np.int32)], 255)
            x, y = self.points[IRIS[side], :2]
            near = np.exp(-((((column - x) / 13.0) ** 2 + ((row - y) / 11.0) ** 2) ** 2))
            map_x -= near * movement.gaze_x * 8.0
            map_y -= near * movement.gaze_y * 5.0
        shifted = cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR)
        soft = cv2.GaussianBlur(inside, (0, 0), 1.0)[..., np.newaxis].astype(np.float32) / 255
        return (shifted * soft + picture * (1 - soft)).astype(np.uint8)

    def _lids(
        self, picture: np.ndarray, side: int, squint: float, close: float, random: np.random.Generator
    ) -> np.ndarray:
        upper, lower = self.points[list(UPPER_LID[side]), :2], self.points[list(LOWER_LID[side]), :2]
        brow = self.points[list(BROW[side]), :2]
        x0, x1 = int(np.floor(upper[:, 0].min())), int(np.ceil(upper[:, 0].max()))
        x = np.arange(x0, x1 + 1, dtype=np.float64)
        top, low = _curve(x, upper), _curve(x, lower)
        low = np.maximum(low, top + 0.5)
        # where the lids meet: near the lower one, which rises a little itself
        rise_01 = 0.12 * max(close, 0.0) + 0.38 * squint
        new_low = low - rise_01 * (low - top)
        drop_01 = np.clip(close + 0.16 * squint, -0.35, 1.0)
        new_top = top + drop_01 * (new_low - top) if drop_01 > 0 else top + drop_01 * 0.8 * (low - top)
        crease = top - random.uniform(0.35, 0.7) * np.maximum(top - _curve(x, brow), 6.0)
        cheek = low + random.uniform(10.0, 18.0)
        y0, y1 = int(crease.min()) - 2, int(cheek.max()) + 3
        y = np.arange(y0, y1 + 1, dtype=np.float64)[:, np.newaxis]
        source = np.broadcast_to(y, (y.size, x.size)).copy()
        above = (y > crease) & (y < new_top)
        source = np.where(above, crease + (y - crease) * (top - crease) / np.maximum(new_top - crease, 1e-3), source)
        if drop_01 < 0:
            eye = (y >= new_top) & (y <= new_low)
            source = np.where(eye, top + (y - new_top) * (low - top) / np.maximum(new_low - new_top, 1e-3), source)
        below = (y > new_low) & (y < cheek)
        source = np.where(below, low + (y - new_low) * (cheek - low) / np.maximum(cheek - new_low, 1e-3), source)
        columns = np.broadcast_to(x, source.shape)
        patch = cv2.remap(picture, columns.astype(np.float32), source.astype(np.float32), cv2.INTER_LINEAR)
        out = picture.copy()
        out[y0 : y1 + 1, x0 : x1 + 1] = patch
        if drop_01 > 0.15:
            self._lashes(out, x, new_top, strength_01=float(drop_01) * random.uniform(0.35, 0.9), random=random)
        return out

    def _lashes(
        self, out: np.ndarray, x: np.ndarray, y: np.ndarray, *, strength_01: float, random: np.random.Generator
    ) -> None:
        line = np.zeros(out.shape[:2], dtype=np.uint8)
        curve = np.round(np.column_stack([x, y]) * 8).astype(np.int32)
        cv2.polylines(line, [curve[2:-2]], isClosed=False, color=255, thickness=2, lineType=cv2.LINE_AA, shift=3)
        soft = cv2.GaussianBlur(line, (0, 0), random.uniform(0.6, 1.2))[..., np.newaxis].astype(np.float32) / 255
        dark = out * (1 - strength_01 * soft)
        out[:] = dark.astype(np.uint8)

    # ---- brows

    def _brows(self, picture: np.ndarray, m: Movement) -> np.ndarray:
        """Each column of the forehead is stretched and pressed: the brow moves, the lid and the hair line stay."""
        ends = []
        for indices in BROW_POINTS:
            inner, middle, peak, tail = (self.points[list(pair), :2].mean(axis=0) for pair in indices)
            moves = (
                0.10 * m.brow_down - 0.16 * m.brow_inner_up,
                0.09 * m.brow_down - 0.10 * m.brow_inner_up - 0.05 * m.brow_outer_up,
                0.05 * m.brow_down - 0.03 * m.brow_inner_up - 0.14 * m.brow_outer_up,
                0.02 * m.brow_down - 0.12 * m.brow_outer_up,
            )
            ends += [(*place, move * EYE_PX) for place, move in zip((inner, middle, peak, tail), moves, strict=True)]
        ends.sort()
        at = np.array(ends)
        x = np.arange(SIZE_PX, dtype=np.float32)
        low_x, high_x = at[0, 0] - 18.0, at[-1, 0] + 18.0
        brow = np.interp(x, at[:, 0], at[:, 1])
        move = np.interp(x, [low_x, *at[:, 0], high_x], [0.0, *at[:, 2], 0.0])
        lids = self.points[[*UPPER_LID[0], *UPPER_LID[1]], :2]
        lid = np.minimum(_curve(x, lids), brow + 0.4 * EYE_PX) - 1.0
        half = np.minimum(5.0, np.maximum((lid - brow) * 0.5, 0.5))
        hair = brow - 0.6 * EYE_PX
        move = np.clip(move, hair - brow + half + 8.0, np.maximum((lid - brow - half) * 0.75, 0.0))
        y = np.arange(SIZE_PX, dtype=np.float32)[:, np.newaxis]
        over = hair + (y - hair) * (brow - half - hair) / (brow + move - half - hair)
        under = lid - (lid - y) * (lid - brow - half) / np.maximum(lid - brow - move - half, 0.5)
        source = np.where((y > hair) & (y < brow + move - half), over, y)
        source = np.where((y >= brow + move - half) & (y <= brow + move + half), y - move, source)
        source = np.where((y > brow + move + half) & (y < lid), under, source)
        columns = np.broadcast_to(x, source.shape).astype(np.float32)
        smooth = cv2.GaussianBlur((source - y).astype(np.float32), (0, 0), 1.5)
        return cv2.remap(picture, columns, y + smooth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    # ---- mouth

    def _mouth(
        self, picture: np.ndarray, opening: float, raised: float, teeth_01: float, random: np.random.Generator
    ) -> np.ndarray:
        """The lower lip and all below it go down by ``opening`` eye distances, the upper lip up; between lies the mouth."""
        upper, lower = self.points[list(INNER_LIPS[0]), :2], self.points[list(INNER_LIPS[1]), :2]
        left_px, right_px = upper[0, 0], upper[-1, 0]
        x = np.arange(SIZE_PX, dtype=np.float32)
        mid, half = (left_px + right_px) / 2, max((right_px - left_px) / 2, 4.0)
        across = np.clip(1 - ((x - mid) / half) ** 2, 0.0, None) ** 0.5
        far = np.exp(-(np.clip(np.abs(x - mid) - half * 0.7, 0.0, None) ** 2) / (2 * 30.0**2))
        top, low = (_curve(np.clip(x, left_px, right_px), one).astype(np.float32) for one in (upper, lower))
        low = np.maximum(low, top)
        opens = across > 0
        new_top = top - raised * EYE_PX * across**0.4
        chin = self.points[152, 1]
        down = opening * EYE_PX * far
        new_low = low + down * across
        end = chin + 0.9 * EYE_PX
        nose = self.points[2, 1]
        y = np.arange(SIZE_PX, dtype=np.float32)[:, np.newaxis]
        columns = np.broadcast_to(x, (SIZE_PX, SIZE_PX))
        source = np.broadcast_to(y, (SIZE_PX, SIZE_PX)).copy()
        lip = (y > nose) & (y <= new_top)
        source = np.where(lip, nose + (y - nose) * (top - nose) / np.maximum(new_top - nose, 1.0), source)
        # below: lip and chin go down as one, the corners stay and give way, the neck too
        fade = np.clip((end - y) / np.maximum(end - chin - 0.15 * EYE_PX, 1.0), 0.0, 1.0)
        deep = np.clip((y - low) / (0.55 * EYE_PX), 0.0, 1.0)
        deep = deep * deep * (3 - 2 * deep)
        start = np.where(opens, new_low, low)
        source = np.where(y > start, y - down * (across + (1 - across) * deep) * fade, source)
        moved = cv2.remap(
            picture,
            columns.astype(np.float32),
            source.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        gap = (y > new_top) & (y < new_low) & opens & (new_low - new_top > 1.2)
        grown = (low - top > 2.0) & opens  # the photo shows an open mouth already: its inside is stretched
        inside = _mouth_inside(y, new_top, new_low, half, teeth_01, random)
        stretched = cv2.remap(
            picture,
            columns.astype(np.float32),
            (top + (y - new_top) * (low - top) / np.maximum(new_low - new_top, 1.0)).astype(np.float32),
            cv2.INTER_LINEAR,
        )
        keep = grown[np.newaxis, :, np.newaxis] & (opening < 0.25)
        fill = np.where(keep, stretched, inside)
        soft = cv2.GaussianBlur(gap.astype(np.float32), (0, 0), 0.8)[..., np.newaxis]
        return (fill * soft + moved * (1 - soft)).astype(np.uint8)

    # ---- skin

    def _bumps(self, m: Movement) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
        """(place, displacement, width, lowest y that it may reach), all in px; width is a Gaussian's sigma."""
        made: list[tuple[np.ndarray, np.ndarray, float, float]] = []
        lids_y = float(self.points[[159, 386], 1].min()) + 3.0
        drop = np.array([0.0, m.jaw_open * 0.30])

        def add(
            index: int, dx: float, dy: float, sigma: float, moved: np.ndarray | float = 0.0, ends_y: float = np.inf
        ) -> None:
            if dx or dy:
                place, by = self.points[index, :2] + moved * EYE_PX, np.array([dx, dy]) * EYE_PX
                made.append((place, by, sigma * EYE_PX, ends_y))

        for corner, cheek, lid, out, smile, wide in (
            (61, 205, 118, -1.0, m.smile_right, m.stretch_right),
            (291, 425, 347, 1.0, m.smile_left, m.stretch_left),
        ):
            dx = out * (0.13 * smile + 0.12 * wide + 0.06 * m.dimple - 0.13 * m.pucker - 0.07 * m.funnel)
            add(corner, dx, -0.13 * smile + 0.02 * wide + 0.09 * m.frown, 0.17, drop * 0.5)
            add(cheek, out * 0.02 * smile, -0.07 * smile, 0.16)
            add(lid, 0.0, -0.03 * smile, 0.10)
        add(0, 0.0, -0.02 * (m.smile_left + m.smile_right) / 2 - 0.07 * m.upper_lip_up + 0.045 * m.lip_press, 0.10)
        for index in (37, 267):
            add(index, 0.0, -0.05 * m.upper_lip_up + 0.02 * m.lip_press, 0.08)
        for index in (40, 270):
            add(index, 0.0, -0.06 * m.upper_lip_up, 0.09)
        for index in (129, 358):
            add(index, 0.0, -0.06 * m.upper_lip_up, 0.10)
        add(17, 0.0, -0.05 * m.lip_press + 0.06 * m.lower_lip_down, 0.11, drop * 2)
        for index, side in ((0, -1.0), (17, 1.0)):
            add(index, 0.0, side * 0.035 * (m.pucker + m.funnel), 0.10, drop * (2 if side > 0 else 0))
        for index in (0, 17, 61, 291):
            add(index, 0.11 * m.mouth_shift, 0.0, 0.20)
        for inner, out in ((55, -1.0), (285, 1.0)):
            add(inner, -out * 0.05 * m.brow_down, 0.0, 0.10, ends_y=lids_y)
        return made

    # ---- head

    def _turned(self, picture: np.ndarray, yaw_rad: float, pitch_rad: float) -> np.ndarray:
        """The head turned, from the depth of its points; what lies behind stays where it is."""
        face = self.points[:468]
        centre = np.array([self.points[[234, 454], 0].mean(), self.points[168, 1] + 40.0, face[[234, 454], 2].mean()])
        cy, sy, cp, sp = np.cos(yaw_rad), np.sin(yaw_rad), np.cos(pitch_rad), np.sin(pitch_rad)
        turn = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
        moved = (face - centre) @ turn.T + centre
        angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
        rim = centre[:2] + np.column_stack([np.cos(angle) * 175.0, np.sin(angle) * 190.0])
        to = np.vstack([moved[::2, :2], rim])
        back_by = np.vstack([(face - moved)[::2, :2], np.zeros_like(rim)]).astype(np.float32)
        cells = np.linspace(0, SIZE_PX - 1, 33, dtype=np.float32)
        grid = np.stack(np.meshgrid(cells, cells), axis=-1).reshape(-1, 1, 2)
        away2 = np.sum((grid - to.astype(np.float32)) ** 2, axis=2)
        weight = np.exp(-away2 / (2 * 12.0**2)) + 1e-5 * np.exp(-away2 / (2 * 45.0**2)) + 1e-12
        field = (weight @ back_by / weight.sum(axis=1, keepdims=True)).reshape(33, 33, 2).astype(np.float32)
        field = cv2.GaussianBlur(field, (0, 0), 0.8)
        return _by_field(picture, cv2.resize(field, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_CUBIC))


def _curve(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    order = np.argsort(points[:, 0])
    return np.interp(x, points[order, 0], points[order, 1])


def _mouth_inside(
    y: np.ndarray, top: np.ndarray, low: np.ndarray, half: float, teeth_01: float, random: np.random.Generator
) -> np.ndarray:
    """Dark red, darker towards the middle; teeth under the upper lip."""
    depth = np.clip((y - top) / np.maximum(low - top, 1.0), 0.0, 1.0)
    shade = 1.0 - 0.6 * np.sin(np.pi * depth)
    colour = np.array([random.uniform(25, 55), random.uniform(20, 45), random.uniform(60, 120)])
    inside = shade[..., np.newaxis] * colour
    if teeth_01 > 0:
        white = np.array([random.uniform(150, 200), random.uniform(165, 215), random.uniform(175, 225)])
        teeth = (y - top < teeth_01 * 0.16 * EYE_PX) & (y > top)
        inside = np.where(teeth[..., np.newaxis], white * (0.8 + 0.2 * shade[..., np.newaxis]), inside)
    return inside


def _bumped(picture: np.ndarray, bumps: list[tuple[np.ndarray, np.ndarray, float, float]]) -> np.ndarray:
    row, column = np.mgrid[0:SIZE_PX:4, 0:SIZE_PX:4].astype(np.float32)
    field = np.zeros((*row.shape, 2), dtype=np.float32)
    for place, by, sigma, ends_y in bumps:
        x, y = place + by  # where it is seen after the move
        near = np.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * sigma**2))
        if np.isfinite(ends_y):  # a brow's skin slides over the lids, which stay
            near *= np.clip((ends_y - row) / 16.0, 0.1, 1.0)
        field -= near[..., np.newaxis] * by.astype(np.float32)
    return _by_field(picture, cv2.resize(field, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_LINEAR))


def _by_field(picture: np.ndarray, field: np.ndarray) -> np.ndarray:
    row, column = np.mgrid[:SIZE_PX, :SIZE_PX].astype(np.float32)
    return cv2.remap(
        picture, column + field[..., 0], row + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
