"""Runs inside the machine: whether this user's camera must be closed, as the machine's own logind has it."""

import asyncio

from agent.sources.camera.screen import Screen

print("shut" if asyncio.run(Screen().is_shut()) else "open")
