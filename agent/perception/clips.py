"""Clips from files, by PyAV: containers of pictures from this disk alone, frame by frame, silent, on one thread.

`grab` steps to the next frame and decodes as little as the codec allows: where each frame stands alone (Motion JPEG), a
frame that nobody asks for is never decoded. `retrieve` gives the frame.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import av.logging

from agent.perception.clip_colours import ColoursRefused, picture
from agent.perception.crops import Frame

# a playlist is a text file that names other files: only containers of pictures are opened, and nothing by a name
_OPTIONS: Final = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,ivf",
    "protocol_whitelist": "",
}
_RATE_HZ: Final = (0.05, 1000.0)
_ASPECT: Final = (0.25, 4.0)
_MOST_PX: Final = 60_000_000
_MOST_BROKEN: Final = 100  # frames one after the other that cannot be decoded

av.logging.set_level(None)


class ClipUnreadable(Exception):
    """No clip, or one that holds no picture that can be read."""


class Clip:
    """An open clip.

    Args:
        file: On this disk.

    Raises:
        ClipUnreadable: It is no clip.
    """

    def __init__(self, file: Path) -> None:
        try:
            self._file = file.open("rb")
        except OSError as error:
            raise ClipUnreadable(str(error.strerror)) from error
        try:
            self._container: Any = av.open(self._file, mode="r", options=dict(_OPTIONS), metadata_errors="replace")
            self._stream: Any = self._container.streams.video[0]
            self._context: Any = self._stream.codec_context
            if self._context.width * self._context.height > _MOST_PX:
                raise ClipUnreadable("its pictures are larger than 60 million pixels")
            self._context.thread_type, self._context.thread_count = "NONE", 1
            self._stands_alone = bool(self._context.codec.intra_only)
            stated: Fraction | None = self._context.sample_aspect_ratio
            self._pixel_aspect = float(stated) if stated is not None and _ASPECT[0] <= stated <= _ASPECT[1] else 1.0
            self._packets = self._container.demux(self._stream)
        except (av.error.FFmpegError, OSError, IndexError, ValueError, MemoryError) as error:
            self.close()
            raise ClipUnreadable("it is no clip that can be read") from error
        except ClipUnreadable:
            self.close()
            raise
        self._decoded: Iterator[Any] = iter(())
        self._newest: Any = None

    @property
    def rate_hz(self) -> float:
        """Frames a second as the clip says; 25 where it says nothing sensible."""
        said: Fraction | None = self._stream.average_rate or self._stream.guessed_rate
        said_hz = 0.0 if said is None else float(said)
        return said_hz if _RATE_HZ[0] <= said_hz <= _RATE_HZ[1] else 25.0

    def grab(self) -> bool:
        """Step to the next frame; False after the last one."""
        self._newest = next(self._undecoded() if self._stands_alone else self._frames(), None)
        return self._newest is not None

    @property
    def t_s(self) -> float:
        """When the grabbed frame is shown, by the clip; NaN where it does not say."""
        pts = None if self._newest is None else self._newest.pts
        return math.nan if pts is None else float(pts * self._newest.time_base)

    def retrieve(self) -> Frame | None:
        """The frame that was grabbed last; None where it is broken.

        Raises:
            ColoursRefused: Its colours are of a kind that is not read.
        """
        frame = self._newest
        if isinstance(frame, av.Packet):
            frame = next(iter(self._decoded_of(frame)), None)
        if frame is None or frame.width * frame.height > _MOST_PX:
            return None
        try:
            return picture(frame, self._pixel_aspect)
        except (av.error.FFmpegError, ValueError):
            return None

    def close(self) -> None:
        """Let the file go."""
        if hasattr(self, "_container"):
            self._container.close()
        self._file.close()

    def _undecoded(self) -> Iterator[Any]:
        return (packet for packet in self._all_packets() if packet.size)

    def _frames(self) -> Iterator[Any]:
        """One after the other; what was decoded and not taken yet waits."""
        while True:
            yield from self._decoded
            packet = next(self._all_packets(), None)
            if packet is None:
                return
            self._decoded = iter(self._decoded_of(packet))

    def _all_packets(self) -> Iterator[Any]:
        broken = 0
        while broken < _MOST_BROKEN:
            try:
                packet = next(self._packets, None)
            except (av.error.FFmpegError, OSError):
                broken += 1
                continue
            if packet is None:
                return
            yield packet

    def _decoded_of(self, packet: Any) -> list[Any]:
        try:
            return list(packet.decode())
        except (av.error.FFmpegError, ValueError, MemoryError):
            return []


__all__ = ["Clip", "ClipUnreadable", "ColoursRefused"]
