"""A part of an ONNX file: the nodes that some outputs need, and nothing else.

The runtime computes the whole file at each run, whatever outputs are asked for. Our file holds six nets, of which a
look needs two or three; as parts they take a third of the time. An ONNX file is one protocol buffer message; only the
few fields that name nodes, inputs and outputs are read here, and fields are dropped, never written.

Source:
    onnx.proto3 (ONNX IR version 10): ModelProto.graph = 7; GraphProto.node = 1, .input = 11, .output = 12;
    NodeProto.input = 1, .output = 2; ValueInfoProto.name = 1. Encoding: protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator
from typing import Final

_GRAPH: Final = 7
_NODE, _INPUT, _OUTPUT = 1, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NAME = 1, 2, 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def part(content: bytes, outputs: tuple[str, ...]) -> bytes:
    """The same file with the nodes that the outputs need.

    Args:
        content: An ONNX file that was checked.
        outputs: Names of outputs of it.

    Raises:
        ValueError: It is no such file.
    """
    return b"".join(
        _field(number, _graph(value, frozenset(outputs))) if number == _GRAPH else whole
        for number, value, whole in _fields(content)
    )


def _graph(content: bytes, outputs: frozenset[str]) -> bytes:
    fields = list(_fields(content))
    needed, kept = set(outputs), set()
    for place in range(len(fields) - 1, -1, -1):  # nodes stand in the order in which they run
        number, value, _ = fields[place]
        if number == _NODE and needed.intersection(_names(value, _NODE_OUTPUT)):
            kept.add(place)
            needed.update(_names(value, _NODE_INPUT))
    return b"".join(
        whole
        for place, (number, value, whole) in enumerate(fields)
        if (number != _NODE or place in kept)
        and (number != _INPUT or needed.intersection(_names(value, _NAME)))
        and (number != _OUTPUT or outputs.intersection(_names(value, _NAME)))
    )


def _names(content: bytes, wanted: int) -> list[str]:
    return [value.decode() for number, value, _ in _fields(content) if number == wanted]


def _fields(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, value and whole of each field; the value is empty where it is a number."""
    at = 0
    while at < len(content):
        start = at
        tag, at = _varint(content, at)
        kind, value = tag & 7, b""
        if kind == _VARINT:
            _, at = _varint(content, at)
        elif kind == _BYTES:
            size, at = _varint(content, at)
            value, at = content[at : at + size], at + size
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("not an ONNX file")
        if at > len(content):
            raise ValueError("an ONNX file that ends early")
        yield tag >> 3, value, content[start:at]


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(content) and shift < 64:
        value |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if content[at - 1] < 128:
            return value, at
    raise ValueError("an ONNX file that ends early")


def _field(number: int, value: bytes) -> bytes:
    return _written(number << 3 | _BYTES) + _written(len(value)) + value


def _written(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
