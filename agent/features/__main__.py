"""`python -m agent.features ROOT`: write what is generated from tables below a checkout (for `make schema`).

agent/wire/schema_v1.json               what the hub knows of each feature
agent/wire/days_v2.json                 what it knows of each value of a day, from DAYS
docs/heart.md, docs/face.md, ...        the table at the end of each signal's document
"""

import sys
from pathlib import Path
from typing import Final

from agent.features import docs_table, documents, wire_days, wire_schema

TABLE_HEAD: Final = "\n| number |"


def main(root: Path) -> None:
    """Write every file."""
    (root / "agent/wire/schema_v1.json").write_text(wire_schema(), encoding="utf-8")
    (root / "agent/wire/days_v2.json").write_text(wire_days(), encoding="utf-8")
    for docs in documents():
        file = root / docs
        text = file.read_text(encoding="utf-8") if file.exists() else f"# {file.stem.capitalize()}\n\n"
        file.write_text(f"{text.split(TABLE_HEAD)[0].rstrip()}\n\n{docs_table(docs)}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "."))
