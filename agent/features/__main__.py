"""`python -m agent.features`: print agent/wire/schema_v1.json anew (used by `make schema`)."""

import sys

from agent.features import wire_schema

sys.stdout.write(wire_schema())
