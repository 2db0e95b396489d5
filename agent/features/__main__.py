"""`python -m agent.features`: print what is generated from the table (used by `make schema`).

schema   agent/wire/schema_v1.json
table    the end of docs/heart.md
face     the end of docs/face.md
"""

import sys

from agent.features import docs_table, face_table, wire_schema

WRITERS = {"schema": wire_schema, "table": docs_table, "face": face_table}

sys.stdout.write(WRITERS[sys.argv[1] if sys.argv[1:] else "schema"]())
