"""Starts the agent whose modules lie beside this file, with the customer's own Python 3.13."""

import os
import sys
from pathlib import Path

if sys.version_info[:2] != (3, 13):
    sys.stderr.write("wardbeat: this package needs Python 3.13, installed for all users\n")
    sys.exit(3)
_lib = str(Path(__file__).resolve().with_name("lib"))
# compiled modules are kept with the person: they cannot write here, and a start without them takes seconds
_compiled = str(Path(os.environ.get("LOCALAPPDATA", Path.home())) / "wardbeat-compiled")
sys.path.insert(0, _lib)
sys.pycache_prefix = _compiled
# the page and the camera are processes of their own: they find the same modules, and nobody else's
for _name in ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT"):
    os.environ.pop(_name, None)
os.environ.update(PYTHONPATH=_lib, PYTHONPYCACHEPREFIX=_compiled, PYTHONNOUSERSITE="1")

from agent.cli import main  # noqa: E402

sys.exit(main())
