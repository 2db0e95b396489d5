"""`make sboms`: the bill of materials of each Debian package as a file beside it, valid by the schema of CycloneDX 1.6.

copy_bills.py INTO PACKAGE...
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trial"))
import bills


def main() -> int:
    """Write one file a package; 1 where one is not valid, or a broken one is not refused."""
    into, *packages = (Path(word) for word in sys.argv[1:])
    into.mkdir(parents=True, exist_ok=True)
    failed = not packages
    for package in packages:
        with tempfile.TemporaryDirectory() as made:
            subprocess.run(["dpkg-deb", "-x", str(package), made], check=True)
            text = next(Path(made).glob("usr/share/doc/*/sbom.cdx.json")).read_text(encoding="utf-8")
        wrong = [*bills.faults(text), *(f"planted, and not refused: {name}" for name in bills.unseen(text))]
        (into / f"{package.stem}.cdx.json").write_text(text, encoding="utf-8")
        print(f"{package.stem}.cdx.json: {'; '.join(wrong) or 'CycloneDX 1.6'}")
        failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
