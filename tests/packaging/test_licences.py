"""Which licence a wheel's metadata mean, and the table of those that may be shipped."""

import sys
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def licences():
    sys.path.insert(0, str(ROOT / "packaging/deb"))
    try:
        import licences
    finally:
        sys.path.pop(0)
    return licences


def metadata(name="x", **fields):
    rows = [("Name", name)] + [(key.replace("_", "-"), value) for key, value in fields.items()]
    return HeaderParser().parsestr("".join(f"{key}: {value}\n" for key, value in rows) + "\nwords\n")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"License_Expression": "MIT"}, {"license": {"id": "MIT"}}),
        ({"License_Expression": "MIT OR Apache-2.0"}, {"expression": "MIT OR Apache-2.0"}),
        ({"License_Expression": "MIT", "License": "something else"}, {"license": {"id": "MIT"}}),
        ({"License": "3-Clause BSD License"}, {"license": {"id": "BSD-3-Clause"}}),
        ({"License": "MPL-2.0 AND MIT"}, {"expression": "MPL-2.0 AND MIT"}),
        ({"License": "MIT AND Ward-1.0"}, {"license": {"name": "MIT AND Ward-1.0"}}),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, {"license": {"id": "MIT"}}),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, {"license": {"name": "BSD License"}}),
        ({"License": "x" * 200}, None),
        ({}, None),
    ],
)
def test_a_licence_is_an_identifier_where_the_metadata_name_one(licences, fields, said):
    found = licences.of_wheel(metadata(**fields), licences.table())
    assert [_bare(one) for one in found] == ([] if said is None else [said])
    assert all("declared" in str(one) for one in found)


def _bare(one):
    choice = {key: value for key, value in one.items() if key != "acknowledgement"}
    if "license" in choice:
        choice["license"] = {key: value for key, value in choice["license"].items() if key != "acknowledgement"}
    return choice


def test_a_component_whose_metadata_do_not_say_is_named_by_the_table(licences):
    said = {"Classifier": "License :: OSI Approved :: BSD License"}
    found = licences.of_wheel(metadata("jinja2", **said), licences.table())
    assert found == [{"license": {"id": "BSD-3-Clause", "acknowledgement": "concluded"}}]


def test_a_carried_library_has_a_licence_of_its_own(licences):
    def of(component, path):
        return licences.words(licences.of_file(component, path, licences.table()))

    assert of("av", "av.libs/libx264-d6533a8d.so.165") == "GPL-2.0-or-later"
    assert of("numpy", "numpy.libs/libgfortran-040039e1.so.5") == "GPL-3.0-or-later WITH GCC-exception-3.1"
    assert of("opencv_python_headless", "x.libs/libavcodec-1.so") == "LGPL-2.1-or-later"
    assert of("av", "av.libs/libavcodec-1.so") == "LGPL-3.0-or-later"
    assert of("numpy", "numpy.libs/libx264-1.so") == "no licence", "named for av alone"
    assert of("numpy", "numpy/core.so") == "no licence"
    assert licences.is_carried("opt/site-packages/numpy/.dylibs/libgcc_s.1.dylib")


def test_each_row_says_why_and_is_the_only_one(licences):
    rows = licences.table()
    ids = [row.id for row in rows.accepted]
    assert len(ids) == len(set(ids)) > 20
    spellings = [one for row in rows.accepted for one in (row.id, *row.also)]
    assert len(spellings) == len(set(spellings))
    assert all(row.reason for row in (*rows.accepted, *rows.stated, *rows.carried))
    assert {"GPL-2.0-or-later"} == {row.id for row in rows.accepted if row.id.startswith(("GPL-2", "AGPL"))}
    strong = next(row for row in rows.accepted if row.id == "GPL-2.0-or-later")
    assert strong.components == ("av",), "a strong copyleft is accepted for one component, not for all"
    assert strong.duty


def test_a_row_with_an_unknown_key_is_refused(licences, tmp_path):
    file = tmp_path / "licences.toml"
    file.write_text('stated = []\ncarried = []\n[[accepted]]\nid = "MIT"\nreason = "so"\nlicense = "MIT"\n')
    with pytest.raises(TypeError, match="license"):
        licences.read(file)
