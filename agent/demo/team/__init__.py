"""A care team's demo: ten synthetic people over a made-up year, a hub's processes, one alert from end to end."""
