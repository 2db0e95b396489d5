"""The worker's page, from the agent's side.

process.py      the page's process: started when the person opens the page, ended when nobody looks
queries.py      what the page may ask of the running agent, one row a question
numbers.py      the last window, and where each number comes from
consent.py      what is in force, what may be asked, a yes that the PIN signs
decisions.py    pause, private hours, sensors
steps.py        a strap, a PIN, enrolling
self_report.py  check-ins, shifts, changes
forms.py        the strict shape of each question
reader.py       a process for one long question, which ends with its answer
web/            the page's process itself: addresses, HTML, SVG
"""
