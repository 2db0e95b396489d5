"""`python -m agent.features`: print what is generated from the table (used by `make schema`).

schema   agent/wire/schema_v1.json
table    the end of docs/heart.md
"""

import sys

from agent.features import docs_table, wire_schema

sys.stdout.write(docs_table() if sys.argv[1:] == ["table"] else wire_schema())
