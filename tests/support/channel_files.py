"""Files of skin conductance and acceleration as recorders write them, and the same with bytes put in, cut out or turned."""

import gzip

import numpy as np

START_S = 1_560_279_825

_PIECES = (
    b"\0", b"\xff", b"\xff\xfe", b"nan", b"-1", b"1e400", b",", b";", b"\t", b"\n", b"{", b'"', b"inf", b"99999999", b"uS", b"kOhm",
    b"-", b"0.000000", b"2000.000000", b"1e-300", b"x", b"acc_x_g", b"time", b" ", b"\r", b"1_0", b"\xb5S", b"1/0g",
)  # fmt: skip


def e4_eda(value_us, fs_hz=4.0, start_s=START_S):
    return "\n".join([f"{start_s:.6f}", f"{fs_hz:.6f}", *(f"{one:.6f}" for one in value_us)]) + "\n"


def e4_acc(axes_g, fs_hz=32.0, start_s=START_S):
    head = [", ".join([f"{start_s:.6f}"] * 3), ", ".join([f"{fs_hz:.6f}"] * 3)]
    return "\n".join([*head, *(",".join(f"{64 * one:.0f}" for one in row) for row in axes_g)]) + "\n"


def table(head, *columns):
    return "\n".join([head, *(",".join(str(cell) for cell in row) for row in zip(*columns, strict=True))]) + "\n"


def eda_table(value_us, fs_hz, head="time_s,eda_uS"):
    return table(head, [f"{n / fs_hz:.4f}" for n in range(len(value_us))], [f"{one:.6f}" for one in value_us])


def acc_table(axes_g, fs_hz, head="time_s,acc_x_g,acc_y_g,acc_z_g", scale=1.0):
    times = [f"{n / fs_hz:.4f}" for n in range(len(axes_g))]
    return table(head, times, *([f"{scale * one:.6f}" for one in axis] for axis in np.asarray(axes_g).T))


def shimmer(value_us, fs_hz):
    head = "sep=\t\nShimmer_5E6B_Timestamp_Unix_CAL\tShimmer_5E6B_GSR_Skin_Conductance_CAL\nms\tuS\n"
    return head + "".join(f"{1000 * START_S + 1000 * n / fs_hz:.3f}\t{one:.5f}\n" for n, one in enumerate(value_us))


def seeds(value_us, axes_g):
    """(signal, bytes) of small files of each kind."""
    texts = [
        ("eda", e4_eda(value_us)), ("acc", e4_acc(axes_g)), ("eda", eda_table(value_us, 8.0)),
        ("eda", eda_table(1000 / np.maximum(value_us, 0.1), 8.0, "time_s,gsr [kOhm]")), ("acc", acc_table(axes_g, 32.0)),
        ("acc", acc_table(axes_g, 50.0, "t,x,y,z", 9.81)), ("eda", shimmer(value_us, 16.0)),
    ]  # fmt: skip
    found = [(signal, text.encode()) for signal, text in texts]
    return [*found, ("eda", gzip.compress(found[0][1])), ("acc", gzip.compress(found[1][1]))]


def mutated(data, rng):
    """Bytes put in, cut out, doubled or turned, one to six times."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        at = (
            int(rng.integers(0, max(len(data), 1)))
            if rng.random() < 0.5
            else int(rng.integers(0, min(len(data), 120) + 1))
        )
        kind = rng.random()
        if kind < 0.6:
            put = _PIECES[int(rng.integers(len(_PIECES)))] if rng.random() < 0.8 else rng.bytes(int(rng.integers(1, 5)))
            data[at : at + int(rng.integers(0, 9))] = put
        elif kind < 0.75:
            del data[at : at + int(rng.integers(1, 400))]
        elif kind < 0.9:
            data[at:at] = data[at : at + int(rng.integers(1, 200))]
        else:
            data = data[: max(at, 1)]
    return bytes(data)
