"""What goes into a package: licence files always, face models where they belong."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def deb():
    sys.path.insert(0, str(ROOT / "packaging/deb"))
    try:
        import build
        import staging
    finally:
        sys.path.pop(0)
    return {"build": build, "staging": staging}


def test_licence_files_are_never_pruned(deb, tmp_path):
    def is_pruned(name):
        return deb["staging"]._is_pruned(tmp_path, (tmp_path / name).resolve())

    assert not is_pruned("numpy-2.dist-info/licenses/numpy/_core/include/numpy/libdivide/LICENSE.txt")
    assert not is_pruned("x-1.dist-info/licenses/tests/LICENSE.c")
    assert is_pruned("numpy/_core/include/numpy/arrayobject.h")
    assert is_pruned("numpy/tests/test_a.py")
    assert is_pruned("ai_edge_litert/vendors/qualcomm/compiler/libLiteRtCompilerPlugin_Qualcomm.so")
    assert not is_pruned("ai_edge_litert/libLiteRt.so")


def test_a_camera_package_without_face_models_is_not_built(deb, tmp_path, monkeypatch):
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path / "empty"))
    with pytest.raises(SystemExit, match="no face model"):
        deb["build"]._models(tmp_path / "tree")
