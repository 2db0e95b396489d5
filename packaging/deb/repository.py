"""`make apt-repository`: a folder that a hospital's web server can host, signed with the hospital's own key.

repository.py PACKAGES INTO KEY: the key is a fingerprint or address in the GnuPG keyring of whoever runs this.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packages import MACHINES, RELEASES


def main() -> None:
    """Replace the folder, and print how a machine uses it."""
    packages, into, key = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        (base / "conf").mkdir()
        rows = [_distribution(release.suite, key) for release in RELEASES]
        (base / "conf" / "distributions").write_text("\n".join(rows), encoding="utf-8")
        for release in RELEASES:
            files = sorted(str(file) for file in packages.glob(f"*+deb{release.number}_*.deb"))
            words = ["reprepro", "--silent", "--basedir", made, "includedeb", release.suite]
            if files:
                subprocess.run([*words, *files], check=True)
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        for name in ("dists", "pool"):
            shutil.copytree(base / name, into / name)
    with (into / "wardbeat.gpg").open("wb") as file:
        subprocess.run(["gpg", "--export", key], check=True, stdout=file)
    print(f"{into}: host this folder. On each machine, with its key in /usr/share/keyrings/wardbeat.gpg:")
    print("  deb [signed-by=/usr/share/keyrings/wardbeat.gpg] https://YOUR.SERVER/wardbeat trixie main")


def _distribution(suite: str, key: str) -> str:
    return (
        f"Origin: Wardbeat\nLabel: Wardbeat\nCodename: {suite}\nArchitectures: {' '.join(MACHINES)}\nComponents: main\n"
        f"Description: Wardbeat for {suite}\nSignWith: {key}\n"
    )


if __name__ == "__main__":
    main()
