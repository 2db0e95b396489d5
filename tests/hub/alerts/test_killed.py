"""`hub alerts` killed at any point: every change is followed, and nothing is raised, sealed or posted twice."""

import random
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from hub.care.alert_words import decode
from hub.store.followed import note_changed
from hub.store.tables import CHANGED, POST, RIDE
from hub.store.team_alerts import TeamAlerts
from tests.support.cared import cared_hub
from tests.support.processes import start_wardbeat, wait_for

pytestmark = pytest.mark.process
PEOPLE, KILLS = 16, 4
DOWN = """
channels:
  ward: {mail: {server: 127.0.0.1, port: 9, sender: w@example.org, to: [t@example.org]}, a_day: 200}
"""


def test_no_kill_loses_or_doubles_an_alert(tmp_path):
    dice, log = random.Random(5), tmp_path / "log"
    with cared_hub(tmp_path / "hub") as hub:
        (tmp_path / "hub" / "alerts.yaml").write_text(DOWN)
        now_utc_s = int(time.time())
        people = [
            hub.person().consents(from_utc_s=now_utc_s - 86_400, until_utc_s=now_utc_s + 864_000) for _ in range(PEOPLE)
        ]
        for person in people:
            person.heard(now_utc_s // 86_400)
        for place in range(KILLS):
            running = start_wardbeat("hub", "alerts", tmp_path / "hub", log=log)
            wait_for(lambda runs=place + 1: log.read_text().count("Alerts run.") == runs)
            for person in people[place * 4 : place * 4 + 4]:
                person.asks("please", at_utc_s=now_utc_s)
                with hub.writing() as db:
                    note_changed(db, [person.kid])
            wait_for(lambda: dice.random() < 0.2)
            running.kill()
        running = start_wardbeat("hub", "alerts", tmp_path / "hub", log=log)

        def counted(table):
            with hub.store.connected() as db:
                return db.execute(select(func.count()).select_from(table)).scalar_one()

        wait_for(lambda: counted(CHANGED) == 0)
        running.stop()
        with hub.store.connected() as db:
            alerts = TeamAlerts(db, hub.keys).every()
            rides = db.execute(select(RIDE.c.device, RIDE.c.number, RIDE.c.revision)).all()
            posts = db.execute(select(func.sum(POST.c.count))).scalar_one()
    assert Counter(one.kid for one in alerts) == Counter(person.kid for person in people)
    assert {decode(one.words).rule for one in alerts} == {"asked_for_help"}
    assert sorted((row.device, row.number) for row in rides) == sorted((one.kid, one.number) for one in alerts)
    assert {row.revision for row in rides} == {1}
    assert posts == PEOPLE
