"""What 'Days' shows."""

from agent.page.web.page_request import Answer, PageRequest
from agent.tables.days import MOODS


async def variables(request: PageRequest) -> Answer:
    """The journal, charts of days, the roster, and where each came from."""
    from agent.page.web import day_charts, roster_chart

    local = request.local
    made = await request.long_query("days")  # never kept: the words of the journal are in it
    journal, roster = made["journal"], made["roster"]
    charts_of = {one["name"]: day_charts.numbers(one, made["days"], local) for one in made["numbers"]}
    return {
        "made": made,
        "journal": journal,
        "moods": MOODS,
        "roster": roster,
        "trend": day_charts.journal(journal["days"], made["days"], local) if journal else None,
        "sleep": charts_of.pop("sleep_h", None),
        "others": list(charts_of.values()),
        "strip": roster_chart.strip(roster, local) if roster and not roster["is_empty"] else None,
        "sources": [one | {"title": day_charts.source_words(one["name"], local)} for one in made["sources"]],
    }
