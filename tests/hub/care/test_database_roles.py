"""The pictures and pages are made with the rights of their own database users, and with no more."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from hub.care import picture as pictures
from hub.care.pages import PAGES, forms
from hub.care.projecting import project
from hub.care.rows import Opened, TeamRole, Viewer
from hub.store.care_rows import CareReads
from hub.store.roles import Role
from hub.store.shown import KeptPicture, Shown
from hub.store.store import Store
from hub.store.tables import DIGEST, ROW, SCORE
from tests.support.cared import NOW_UTC_S, TODAY, alert, cared_hub_with_roles

pytestmark = pytest.mark.postgres


def test_alerts_makes_pictures_and_care_shows_them_and_reads_no_row(server, tmp_path):
    with cared_hub_with_roles(tmp_path / "hub", server.base()) as hub:
        person = hub.person("P01").consents()
        person.wears({TODAY - 1: 4})
        person.asks("Please look.")
        person.answers((NOW_UTC_S - 86_400, "cbi work", 60.0))
        person.scored(weeks=8)
        person.heard()
        alert(person, 1, "asked_for_help")
        with Store(hub.folder, hub.keys, Role.ALERTS) as store, store.checked() as db:
            made = project(CareReads(db, hub.keys), person.device, NOW_UTC_S)
            assert made.worn_h[-2] == 4.0
            assert made.weeks
            assert made.lines
            assert made.check_ins
            Shown(db, hub.keys).put(person.kid, KeptPicture(made.serial, made.made_utc_s, pictures.encode(made)))
        with Store(hub.folder, hub.keys, Role.CARE) as store:
            opened = Opened(hub.keys, store, Viewer("N. Example", TeamRole.LEAD), NOW_UTC_S)
            asked = {"device": person.name, "text": "Called.", "number": "1"}
            for row in PAGES:
                assert row.make(opened, asked).status == 200
            forms.add_note(opened, asked)
            forms.acknowledge(opened, asked)
            forms.delete_note(opened, asked)
            for table in (ROW, DIGEST, SCORE):
                with pytest.raises(ProgrammingError), store.connected() as db:
                    db.execute(select(table)).all()
