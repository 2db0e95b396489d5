"""The roster and calendar importer: iCalendar files in, times at work, meetings and values of days out.

    folder.py      files of a folder that changed, and their bytes
    importer.py    `read_calendars` and `titles`: what commands and tasks call
    process.py     the reading process from the agent's side
    protocol.py    what goes in and out of it
    serve.py       the reading process as a program; these modules run in it alone:
        reading.py     one file
        content.py     bytes to the lines that matter
        titles.py      the one place that reads a title
        properties.py  a line to a moment or a length, by icalendar
        zones.py       a zone by its name
        own_zones.py   zones that the file describes
        rules.py       recurrence rules, bounded
        entries.py     one event
        series.py      entries to occurrences
    wall.py        wall clock and UTC
    shift_days.py, meeting_days.py   values of days
    results.py     the types of what comes out
    reasons.py     why something was not read, and the limits

No library of calendars is loaded in the agent's own process.
"""
