"""From samples to expression.onnx: three nets and two judges of covered faces, fold by fold."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from agent.signal.face.shape import Canon
from models.expression import covers, eye_covers
from models.expression.mixing import mixed
from models.expression.nets import Net, fit
from models.expression.people import FOLDS, TEST_FOLD, people
from models.expression.rows import BROWS, EYE, LOWER, OPEN, UPPER_COLUMNS, Rows, read

OUT = Path(__file__).parents[1] / "expression.onnx"
MANIFEST = OUT.with_name("manifest.yaml")
SMILES = [1, 0, 2, 3, 4, 5, 6, 7, 8]  # a mirror swaps the smile's sides


@dataclass(frozen=True, slots=True)
class Trained:
    """The nets of one fold and one seed; ``brows`` sees the eyes too, ``brows_far`` does without irises."""

    lower: Net
    brows: Net
    brows_far: Net
    eyes: Net
    cover: Net
    eye_cover: Net
    canon: Canon

    def actions(self, rows: Rows) -> dict[str, np.ndarray]:
        """Outputs as the ONNX gives them: seen straight and in a mirror, averaged."""
        lower = (self.lower(rows.face) + self.lower(rows.face_mirrored)[:, SMILES]) / 2
        columns = list(UPPER_COLUMNS)
        far = (self.brows_far(rows.face[:, columns]) + self.brows_far(rows.face_mirrored[:, columns])) / 2
        straight, other = rows.brow_inputs()
        eyes = self.eyes(rows.eyes.reshape(-1, rows.eyes.shape[2])).reshape(-1, 2, len(EYE))
        brows = (self.brows(straight) + self.brows(other)) / 2
        return {"lower": lower, "brows": brows, "brows_far": far, "eyes": eyes}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the judges of covered mouths and of covered eyes learn from."""

    mouths: covers.Covers
    eyes: eye_covers.EyeCovers

    @classmethod
    def beside(cls, file: Path) -> "Judged":
        """Read from the samples' folder."""
        return cls(covers.read(file.with_name("covers.npz")), eye_covers.read(file.with_name("eye_covers.npz")))


def train(rows: Rows, canon: Canon, learnt: np.ndarray, judged: Judged, seed: int, mixes: int = 60_000) -> Trained:
    """Nets from the samples where ``learnt`` is true, from mixes of them, and both judges."""
    use = rows.where(learnt)
    bare = use.where(use.cover < 0)
    more = mixed(use, canon, mixes, seed)
    both = np.concatenate([bare.face, bare.face_mirrored, more.face, more.face_mirrored])
    targets = np.concatenate([bare.lower, bare.lower[:, SMILES], more.lower, more.lower[:, SMILES]])
    lower = fit(both, targets, components=120, hidden=(256, 128), seed=seed)
    targets = np.concatenate([use.brows] * 2 + [more.brows] * 2)
    near = [one for each in (use, more) for one in each.brow_inputs()]
    brows = fit(np.concatenate(near), targets, components=120, hidden=(192, 96), seed=seed + 1)
    columns = list(UPPER_COLUMNS)
    far = [one[:, columns] for each in (use, more) for one in (each.face, each.face_mirrored)]
    brows_far = fit(np.concatenate(far), targets, components=80, hidden=(160, 80), seed=seed + 2)
    eyes_in = np.concatenate([each.eyes.reshape(-1, each.eyes.shape[2]) for each in (use, more)])
    eye_out = np.concatenate([each.eye.reshape(-1, len(EYE)) for each in (use, more)])
    eyes = fit(eyes_in, eye_out, components=100, hidden=(192, 96), seed=seed + 3)
    learn_from = np.unique(use.person)
    cover = covers.judge(judged.mouths, learn_from, seed + 4)
    eye_cover = eye_covers.judge(judged.eyes, learn_from, seed + 5)
    return Trained(lower, brows, brows_far, eyes, cover, eye_cover, canon)


def split(file: Path, fold: int) -> tuple[Rows, Canon, np.ndarray]:
    """Samples, the mean face of those who may be learnt from, and which samples those are."""
    everyone = people()
    learn_from = {number for number, person in enumerate(everyone) if person.fold != fold}
    rows, canon = read(file, learn_from)
    return rows, canon, np.isin(rows.person, list(learn_from))


def make(file: Path, seed: int) -> None:
    """Train what ships and write it."""
    rows, canon, learnt = split(file, TEST_FOLD)
    trained = train(rows, canon, learnt, Judged.beside(file), seed)
    OUT.write_bytes(as_onnx(trained, {"seed": seed, "samples": int(learnt.sum()), "folds": FOLDS}))
    sha256 = hashlib.sha256(OUT.read_bytes()).hexdigest()
    named = re.sub(r"(?m)^ours_sha256: .*$", f"ours_sha256: {sha256}", MANIFEST.read_text(encoding="utf-8"))
    MANIFEST.write_text(named, encoding="utf-8")
    print(f"{OUT.name}: {OUT.stat().st_size / 1000:.0f} kB, sha256 {sha256[:16]}")


def as_onnx(trained: Trained, about: dict[str, object]) -> bytes:
    """The file: inputs ``face`` (2, 411: straight, mirrored), ``eyes`` (2, 233), ``cover`` (n, 10), ``eye_cover`` (n, 16)."""
    graph = _Graph()
    graph.net("lower", trained.lower, "face")
    columns = graph.constant("upper", np.array(UPPER_COLUMNS, dtype=np.int64))
    graph.node("Gather", ["face", columns], "face_upper", axis=1)
    graph.net("brows_far", trained.brows_far, "face_upper")
    # straight: upper face, right eye, left eye; in the mirror: upper face, left eye, right eye
    both = graph.constant("both", np.array([1, -1], dtype=np.int64))
    swapped = graph.constant("swapped", np.array([1, 0], dtype=np.int64))
    graph.node("Reshape", ["eyes", both], "eyes_straight")
    graph.node("Gather", ["eyes", swapped], "eyes_other_way", axis=0)
    graph.node("Reshape", ["eyes_other_way", both], "eyes_swapped")
    graph.node("Concat", ["eyes_straight", "eyes_swapped"], "eyes_both", axis=0)
    graph.node("Concat", ["face_upper", "eyes_both"], "face_and_eyes", axis=1)
    graph.net("brows", trained.brows, "face_and_eyes")
    graph.net("eyes_out", trained.eyes, "eyes")
    graph.net("covered", trained.cover, "cover")
    graph.net("eyes_covered", trained.eye_cover, "eye_cover")
    inputs = [("face", 411), ("eyes", 233), ("cover", 10), ("eye_cover", 16)]
    outputs = [
        ("lower", len(LOWER)),
        ("brows", len(BROWS)),
        ("brows_far", len(BROWS)),
        ("eyes_out", len(EYE)),
        ("covered", 1),
        ("eyes_covered", 1),
    ]
    made = helper.make_graph(
        graph.nodes,
        "expression",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"n_{name}", wide]) for name, wide in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"n_{name}", wide]) for name, wide in outputs],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], producer_name="wardbeat", ir_version=8)
    told = {
        "lower": json.dumps(LOWER),
        "brows": json.dumps(BROWS),
        "eyes": json.dumps(EYE),
        "lid_open": json.dumps(OPEN),
        "canon": base64.b64encode(trained.canon.points.astype("<f4").tobytes()).decode(),
        "training": json.dumps(about),
    }
    helper.set_model_props(model, told)
    onnx.checker.check_model(model)
    return model.SerializeToString()


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: int) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def net(self, name: str, net: Net, source: str) -> None:
        def held(part: str, value: np.ndarray) -> str:
            # half the size on disk; the sums are made in full precision
            half = self.constant(f"{name}.{part}.half", value.astype(np.float16))
            return self.node("Cast", [half], f"{name}.{part}", to=TensorProto.FLOAT)

        seen = self.node("Sub", [source, held("mean", net.mean)], f"{name}.centred")
        seen = self.node("MatMul", [seen, held("whiten", net.whiten)], f"{name}.white")
        hidden = seen
        for layer in ("1", "2"):
            hidden = self.node("MatMul", [hidden, held(f"w{layer}", net.weights[f"w{layer}"])], f"{name}.m{layer}")
            hidden = self.node("Add", [hidden, held(f"b{layer}", net.weights[f"b{layer}"])], f"{name}.a{layer}")
            gate = self.node("Sigmoid", [hidden], f"{name}.s{layer}")
            hidden = self.node("Mul", [hidden, gate], f"{name}.h{layer}")
        out = self.node("MatMul", [hidden, held("w3", net.weights["w3"])], f"{name}.m3")
        beside = self.node("MatMul", [seen, held("skip", net.weights["skip"])], f"{name}.beside")
        out = self.node("Add", [out, beside], f"{name}.sum")
        out = self.node("Add", [out, held("b3", net.weights["b3"])], f"{name}.logit")
        self.node("Sigmoid", [out], name)
