"""What 'Weeks' shows."""

from agent.page.web.page_request import Answer, PageRequest, looked_back


async def variables(request: PageRequest) -> Answer:
    from agent.page.web import charts

    notes = (await request.ask("notes"))["notes"]
    made = await looked_back(request)
    scored = [week for week in made["weeks"] if week["points"]]
    has_any = any(week["channels"] for week in made["weeks"])
    return {
        "made": made,
        "with_index": request.with_index,
        "detail": list(zip(made["weeks"], made["beats"], strict=True))[::-1],
        "strip": charts.strip(made["weeks"], request.local, with_index=request.with_index) if has_any else None,
        "days": charts.days(made["days"], made["band"], request.local),
        "points": charts.contributions(scored[-1], made["words"], request.local) if scored else None,
        "hours": charts.hours(made["hours"], request.local),
        "ribbons": [
            charts.ribbon(name, made["words"][name], rows, request.local) for name, rows in made["ribbons"].items()
        ],
        "notes": notes,
    }
