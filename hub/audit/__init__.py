"""`wardbeat audit`: how the scorer treats groups of people, over a simulated population with known truth.

population.py        draw people, score them, audit each scorer
population_files.py  the drawn people as tidy files
result.py            the result, and as JSON
page.py              the result as one HTML page
fairlearn_check.py   every rate computed a second time by fairlearn
"""

from hub.audit.population import report, write
from hub.audit.population_files import write_population
from hub.audit.result import Report, as_json

__all__ = ["Report", "as_json", "report", "write", "write_population"]
