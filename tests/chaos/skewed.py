"""Run a module or a program with a wall clock that is wrong; monotonic time, and the clock TLS looks at, stay right.

python -P skewed.py BY_S MODULE_OR_FILE [WORDS...]
"""

import runpy
import sys
import time

real, real_ns = time.time, time.time_ns
BY_S = float(sys.argv[1])
time.time = lambda: real() + BY_S  # before anything is imported that keeps a reference
time.time_ns = lambda: real_ns() + int(BY_S * 1e9)

sys.argv = sys.argv[2:]
if sys.argv[0].endswith(".py"):
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
