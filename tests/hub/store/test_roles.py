"""Each process of a hub on PostgreSQL has a user of its own, and the server refuses what RIGHTS does not list."""

import contextlib
import grp
import itertools
import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select
from sqlalchemy.schema import CreateTable

from agent.cli import main
from agent.errors import CheckFailed, WrongUse
from agent.wire.message import EraseMessage
from agent.wire.receipt import Erased
from hub.database import open_postgres
from hub.database_users import make_users, script
from hub.scoring.scorer import Scorer
from hub.site import open_keys
from hub.store import Role, grants
from hub.store.roles import RIGHTS, VERBS, right, url_of, user_of
from hub.store.tables import DIGEST, DOWN, DUE, META, ROW, SCORE
from tests.support.clients import connected
from tests.support.processes import start_process, system_tool, wait_for
from tests.support.scored import Scored, drained
from tests.support.world import make_world, owner_url, owning, reading, start_site_broker, wait_until_it_receives

BEYOND = (
    "TRUNCATE {name}",
    "ALTER TABLE {name} ADD COLUMN more integer",
    "DROP TABLE {name}",
)
BEYOND += ("CREATE TRIGGER t BEFORE INSERT ON {name} EXECUTE FUNCTION suppress_redundant_updates_trigger()",)
EVERYWHERE = (
    "CREATE TABLE more (n integer)",
    "CREATE SCHEMA more",
    "CREATE ROLE more",
    "SELECT pg_read_file('PG_VERSION')",
    "COPY site TO PROGRAM 'true'",
)


@pytest.fixture
def parted(server, tmp_path):
    """An enrolled person whose hub has a database user for each process."""
    made = make_world(tmp_path, database=server.base(), users=True)
    yield made
    made.close()


def address(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        return keys.text("database"), keys.text("database roles")


def is_refused(db, statement):
    """Whether the server refuses a statement for want of a right; whatever it changed is undone."""
    try:
        with db.transaction(force_rollback=True):
            db.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.Error:
        return False  # it was allowed, and failed for another reason
    return False


def statements(table):
    """(verb, column, statement) of everything that RIGHTS speaks of."""
    name = f'"{table.name}"'
    for verb, column in itertools.product(VERBS, (column.name for column in table.columns)):
        yield (
            verb,
            column,
            {
                "SELECT": f'SELECT "{column}" FROM {name} LIMIT 1',
                "INSERT": f'INSERT INTO {name} ("{column}") VALUES (NULL)',
                "UPDATE": f'UPDATE {name} SET "{column}" = NULL',
                "DELETE": f"DELETE FROM {name}",
            }[verb],
        )


def crawled(world):
    """What the server allows each role beyond RIGHTS, what it refuses of it, and how many statements were tried."""
    url, prefix = address(world)
    beyond, refused, tried = [], [], 0
    for role in Role:
        at = make_url(url_of(url, prefix, role))
        with psycopg.connect(host=at.host, port=at.port, user=at.username, dbname=at.database, autocommit=True) as db:
            for table in META.sorted_tables:
                has = right(table, role)
                for verb, column, statement in statements(table):
                    tried += 1
                    allowed = not is_refused(db, statement)
                    if allowed and not has.allows(verb, column):
                        beyond.append((role, statement))
                    if not allowed and has.allows(verb, column):
                        refused.append((role, statement))
                for statement in BEYOND:
                    tried += 1
                    if not is_refused(db, statement.format(name=f'"{table.name}"')):
                        beyond.append((role, statement, table.name))
            for statement in (*EVERYWHERE, *(str(CreateTable(DUE)).replace(" due ", " due2 "),)):
                tried += 1
                if not is_refused(db, statement):
                    beyond.append((role, statement))
    return beyond, refused, tried


def test_the_server_itself_refuses_every_statement_beyond_the_rights_of_a_role(parted):
    parted.receiver()
    beyond, refused, tried = crawled(parted)
    assert (beyond, refused) == ([], [])
    assert tried > 1500
    with owning(parted.hub) as db:  # the same crawl finds rights that were planted
        db.exec_driver_sql(f'GRANT SELECT (words) ON "row" TO {user_of(address(parted)[1], Role.RUN)}')
        db.exec_driver_sql("GRANT DELETE ON consent TO PUBLIC")
    beyond, _, _ = crawled(parted)
    assert (Role.RUN, 'SELECT "words" FROM "row" LIMIT 1') in beyond
    assert {role for role, statement in beyond if statement == "DELETE FROM consent"} == set()
    assert {role for role, statement in beyond if statement == 'DELETE FROM "consent"'} == set(Role) - {Role.RUN}


def test_rights_that_others_granted_are_taken_away_or_named(parted):
    url, prefix = address(parted)
    with owning(parted.hub) as db:
        db.exec_driver_sql(f'GRANT SELECT (words) ON "row" TO {user_of(prefix, Role.RUN)}')
    make_users(parted.hub, owner_url(url))
    assert crawled(parted)[0] == []
    with owning(parted.hub) as db:
        db.exec_driver_sql('GRANT SELECT ON "row" TO PUBLIC')
    with pytest.raises(CheckFailed, match=r"hub\d+_run may SELECT row\.words"):
        make_users(parted.hub, owner_url(url))
    with owning(parted.hub) as db:
        db.exec_driver_sql('REVOKE ALL ON "row" FROM PUBLIC')
        db.exec_driver_sql(f"ALTER ROLE {user_of(prefix, Role.WATCH)} CREATEROLE")
        assert list(grants.excess(db, prefix)) == [f"{prefix}_watch has attributes of an administrator"]
        db.exec_driver_sql(f"ALTER ROLE {user_of(prefix, Role.WATCH)} NOCREATEROLE")


def test_every_table_says_what_each_role_may_do():
    assert set(RIGHTS) == set(META.sorted_tables)
    columns = {(table, column.name) for table in META.sorted_tables for column in table.columns}
    for table, of_roles in RIGHTS.items():
        for has in of_roles.values():
            named = {(table, column) for of_verb in (has.columns or {}).values() for column in of_verb}
            assert named <= columns


def test_the_hub_keeps_no_name_and_no_password_of_the_owner(server, tmp_path, capsys):
    url = make_url(server.base()).set(password="of the owner").render_as_string(hide_password=False)
    words = ["--site", "one", "--operator", "One", "--database", url]
    assert main(["hub", "init", str(tmp_path / "hub"), *words]) == 0
    assert "_run, hub" in capsys.readouterr().err
    with contextlib.closing(open_keys(tmp_path / "hub")) as keys:
        assert (make_url(keys.text("database")).username, make_url(keys.text("database")).password) == (None, None)
    for file in (tmp_path / "hub").glob("keys.db*"):
        assert b"of the owner" not in file.read_bytes()
    with reading(tmp_path / "hub", Role.WATCH) as store:
        assert store.counters() == {}


def test_a_site_with_one_user_gets_several_later(server, tmp_path, capsys):
    url = server.base()
    words = ["--site", "one", "--operator", "One", "--database", url, "--one-database-user"]
    assert main(["hub", "init", str(tmp_path / "hub"), *words]) == 0
    with contextlib.closing(open_keys(tmp_path / "hub")) as keys:
        assert keys.text("database") == url
    assert main(["hub", "show", str(tmp_path / "hub"), "--json"]) == 0
    assert main(["hub", "roles", str(tmp_path / "hub"), "--database", server.url("postgres")]) == 2
    assert "another database" in capsys.readouterr().err
    assert main(["hub", "roles", str(tmp_path / "hub")]) == 0
    with contextlib.closing(open_keys(tmp_path / "hub")) as keys:
        assert keys.text("database roles") == make_url(url).database
    assert main(["hub", "show", str(tmp_path / "hub"), "--json"]) == 0


def test_an_owner_who_may_not_make_users_is_given_what_an_administrator_runs(server, tmp_path, capsys):
    name = make_url(server.base()).database
    with server.connect(name) as db:
        db.execute(f"CREATE ROLE {name}_owner LOGIN")
        db.execute(f"GRANT CREATE ON SCHEMA public TO {name}_owner")
    url = make_url(server.url(name)).set(username=f"{name}_owner").render_as_string()
    words = ["--site", "one", "--operator", "One", "--database", url]
    assert main(["hub", "init", str(tmp_path / "hub"), *words]) == 0
    assert "--sql" in capsys.readouterr().err
    assert main(["hub", "roles", str(tmp_path / "hub")]) == 3
    assert "7 database users are missing" in capsys.readouterr().err
    with server.connect(name) as db:
        for statement in script(tmp_path / "hub"):
            db.execute(statement)
    assert main(["hub", "roles", str(tmp_path / "hub")]) == 0
    with reading(tmp_path / "hub") as store:
        assert store.last_arrival() == 0


def test_a_user_of_another_hub_is_not_touched(server, tmp_path):
    world = make_world(tmp_path, database=server.base(), users=True)
    url, prefix = address(world)
    with server.connect("postgres") as db:
        db.execute(f"COMMENT ON ROLE {prefix}_run IS 'of somebody else'")
    with pytest.raises(WrongUse, match="was not made for this hub"):
        make_users(world.hub, owner_url(url))
    world.close()


def test_tables_of_an_older_version_wait_for_their_owner(parted):
    url, _ = address(parted)
    with owning(parted.hub) as db:
        db.exec_driver_sql("UPDATE site SET value = '9' WHERE name = 'tables version'")
        db.exec_driver_sql("ALTER TABLE device DROP COLUMN locked")
    with pytest.raises(WrongUse, match="this database user may not change them"), reading(parted.hub):
        pass
    make_users(parted.hub, owner_url(url))
    with reading(parted.hub) as store:
        assert store.last_arrival() == 0


def test_every_process_does_its_work_with_its_rights(parted, tmp_path):
    """Receive, score, answer, erase, show, export: each as its own user."""
    person = Scored.made(parted)
    person.days(25)
    person.send()
    with contextlib.closing(Scorer(parted.hub)) as scorer:
        assert drained(scorer) == 300
        with (
            scorer.store._engine.connect() as db,
            pytest.raises(Exception, match="permission denied for table consent"),
        ):
            db.exec_driver_sql("SELECT * FROM consent")
    run = [sys.executable, "-m", "agent.cli", "hub"]
    for words in (
        ["show", parted.hub, "--json"],
        *(["show", parted.hub, f"--{name}"] for name in ("devices", "counters", "wear")),
    ):
        done = subprocess.run([*run, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[0])
    words = ["export", parted.hub, tmp_path / "out", "--study", "s", "--to", "R", "--purpose", "score"]
    done = subprocess.run([*run, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["people"] == 1
    serial = int(time.time())
    replies = person.receiver.handle([person.say(EraseMessage(serial, serial))])
    answers = [one for _, payload in replies for one in parted.identity.open_answers(payload).answers]
    assert [one.kept for one in answers if isinstance(one, Erased)] == [0]
    with owning(parted.hub) as db:
        left = {
            table.name: db.execute(select(func.count()).select_from(table)).scalar()
            for table in (ROW, SCORE, DIGEST, DUE, DOWN)
        }
    assert left == {"row": left["row"], "score": 0, "digest": 0, "due": left["due"], "down": 0}
    with owning(parted.hub) as db:
        assert db.execute(select(func.count()).select_from(ROW).where(ROW.c.kind == "summary")).scalar() == 0


def test_a_password_file_lets_each_system_user_in_as_its_own_alone(server, tmp_path):
    """As docs/hub.md has it: the server asks for a password, and each process finds that of its own user."""
    world = make_world(tmp_path, database=server.base(), users=True)
    url, prefix = address(world)
    at = make_url(url)
    with server.connect(at.database) as db:
        for role in Role:
            db.execute(f"ALTER ROLE {user_of(prefix, role)} PASSWORD '{role} secret'")
    hba = server.data / "pg_hba.conf"
    before = hba.read_text()
    try:
        rules = "".join(f"host {at.database} {user_of(prefix, role)} 127.0.0.1/32 scram-sha-256\n" for role in Role)
        hba.write_text(rules + before)
        server.command("pg_ctl", "-D", server.data, "reload")
        passes = tmp_path / "pgpass"
        passes.write_text(f"127.0.0.1:{at.port}:{at.database}:{user_of(prefix, Role.WATCH)}:watch secret\n")
        passes.chmod(0o600)
        for role in (Role.WATCH, Role.RUN):
            engine = open_postgres(
                make_url(url_of(url, prefix, role)).update_query_dict({"passfile": str(passes)}).render_as_string()
            )
            if role is Role.WATCH:
                with engine.connect() as db:
                    assert db.exec_driver_sql("SELECT current_user").scalar() == user_of(prefix, role)
            else:
                with pytest.raises(Exception, match="no password supplied"), engine.connect():
                    pass
            engine.dispose()
    finally:
        hba.write_text(before)
        server.command("pg_ctl", "-D", server.data, "reload")
        world.close()


def opened_to_a_group(world, group):
    """As docs/hub.md has it: the folder belongs to the group, and new files in it too."""
    for path in (world.folder, world.hub, *world.hub.rglob("*")):
        os.chown(path, -1, group)
        path.chmod(0o2770 if path.is_dir() else 0o660)
    for path in world.folder.parents:
        if path.stat().st_uid == 0 and path != Path("/tmp") and path.is_relative_to("/tmp"):
            path.chmod(path.stat().st_mode | 0o011)


def as_user(user, group, log, *words):
    """A process of the hub as a system user, once it has said that it runs."""
    tool = [system_tool("setpriv"), f"--reuid={pwd.getpwnam(user).pw_uid}", f"--regid={group}", "--clear-groups"]
    made = start_process(*tool, sys.executable, "-m", "agent.cli", "hub", *words, log=log)
    wait_for(lambda: " runs" in log.read_text(), what=words[0])
    return made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become several users")
def test_each_process_runs_as_its_own_system_user(parted):
    """`hub run` and `hub score` as two users of one group: what arrives is stored by one and scored by the other."""
    person = Scored.made(parted)
    person.days(3)
    parted.close()
    parted.receivers.clear()
    group = grp.getgrnam("games").gr_gid
    opened_to_a_group(parted, group)
    with contextlib.ExitStack() as running:
        running.callback(start_site_broker(parted).stop)
        for user, command in (("bin", "score"), ("daemon", "run")):
            made = as_user(user, group, parted.folder / f"{command}.log", command, parted.hub)
            running.callback(made.stop)
        wait_until_it_receives(parted.hub)
        client = connected(parted)
        running.callback(client.loop_stop)
        for topic, sealed in person.waiting:
            client.publish(topic, sealed, qos=1)
        with reading(parted.hub, Role.WATCH) as store:
            wait_for(lambda: store.counters().get("scored", 0) >= len(person.waiting), 60, "the scores")
    for file in parted.hub.glob("keys.db*"):
        assert file.stat().st_mode & 0o777 == 0o660
