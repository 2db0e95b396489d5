"""Purposes of a consent: each is granted separately, the usual yes names the profile's main one, and `group` sends nothing."""

import pytest

from agent.enrollment import consent_key
from agent.errors import PolicyDenied, WrongUse
from agent.outbox import consents
from agent.outbox.rows import HUB_SCHEMA
from agent.privacy import consent
from agent.tables.profiles import PROFILES
from agent.wire.consent import NOTHING
from agent.wire.message import Grant
from tests.support.world import START_UTC_S, release_window


def test_a_purpose_that_sends_nothing_releases_nothing_and_each_other_one_a_summary_of_its_own(world):
    world.give_consent(START_UTC_S, ("care", "score", "group"))
    with world.outbox() as outbox:
        given = consents.consented(outbox)
        assert {grant.purpose for grant in given.record.grants} == {"care"}
        assert {grant.purpose for grant in given.stated} == {"score", "group"}
        released = release_window(world, outbox)
        assert [one.purpose for one in released] == ["care", "score"]
        assert len(outbox.put_released(released, START_UTC_S)) == 2, (
            "a hub of release 0.1.0 must get care in a separate envelope"
        )
        outbox.set_meta(HUB_SCHEMA, b"2")
        (row,) = outbox.put_released(release_window(world, outbox, 1), START_UTC_S)  # a second purpose needs no slot
        assert row.kind == "summary"


def test_a_consent_to_a_score_alone_sends_nothing_for_care(world):
    world.give_consent(START_UTC_S, ("score",))
    with world.outbox() as outbox:
        given = consents.consented(outbox)
        assert [grant.signal for grant in given.record.grants] == [NOTHING]
        assert [one.purpose for one in release_window(world, outbox)] == ["score"]
        outbox.db.execute("UPDATE named_features SET statement = zeroblob(1024)")  # changed on disk
        assert release_window(world, outbox) == ()


def test_the_usual_yes_names_the_profiles_own_purpose_alone(world):
    with world.outbox() as outbox:
        assert {grant.purpose for grant in consents.consented(outbox).grants} == {"care"}
        assert [one.purpose for one in release_window(world, outbox)] == ["care"]


@pytest.mark.parametrize(
    ("profile", "purposes"), [("eu-workplace", ("score",)), ("care", ("workplace",)), ("personal", ("care",))]
)
def test_a_profile_grants_its_own_purposes_alone(profile, purposes):
    with pytest.raises(WrongUse):
        consent_key.grants(PROFILES[profile], "Service", ("heart",), purposes)


def test_the_words_of_a_consent_name_each_new_purpose_and_stay_as_they_were_without():
    grants = consent_key.grants(PROFILES["care"], "Service", ("heart",), ("care", "score", "group"), context=True)
    words = consent.text(PROFILES["care"], grants, 90)
    for said in ("for score, to Service", "comes back to you alone", "counted by Service", "what you note (shifts"):
        assert said in words
    slept = consent.text(PROFILES["care"], consent_key.grants(PROFILES["care"], "Service", ("sleep",)), 90)
    assert consent.DAYS_WORDS in slept
    assert "sleep_h: How many hours you slept" in slept
    usual = consent.text(PROFILES["care"], consent_key.grants(PROFILES["care"], "Service", ("heart",)), 90)
    assert "score" not in usual
    assert "counted" not in usual
    assert consent.DAYS_WORDS not in usual


def test_a_score_that_a_team_sees_does_not_come_back_to_the_person_alone():
    seen = [Grant("heart", "care", "Service"), Grant("heart", "score", "Service"), Grant("index", "care", "Service")]
    words = consent.text(PROFILES["care"], seen, 90)
    assert "alone" not in words
    assert "the care team sees its index" in words
    assert "comes back to you alone" in consent.text(PROFILES["care"], seen[:2], 90)


def test_what_is_noted_alone_is_no_consent():
    with pytest.raises(PolicyDenied):
        consent.give(PROFILES["care"], "device", 1, [Grant("context", "score", "Service")], START_UTC_S)


def granted(*pairs):
    return [Grant(signal, purpose, "Service") for signal, purpose in pairs]


INDEX_BESIDE = (("heart", "care"), ("heart", "score"), ("index", "care"))


def test_the_index_goes_to_the_team_only_beside_a_score_and_only_for_care():
    care = PROFILES["care"]
    record = consent.give(care, "device", 1, granted(*INDEX_BESIDE), START_UTC_S)
    assert Grant("index", "care", "Service") in record.grants, "it stands in the record"
    with pytest.raises(PolicyDenied, match="score") as raised:
        consent.give(care, "device", 1, granted(("heart", "care"), ("index", "care")), START_UTC_S)
    assert "Choose a signal for score" in raised.value.remedy
    with pytest.raises(PolicyDenied, match="score"):  # what is noted is nothing to compute from
        consent.give(
            care, "device", 1, granted(("heart", "care"), ("context", "score"), ("index", "care")), START_UTC_S
        )
    for denied in (("index", "score"), ("index", "group"), ("context", "group")):
        with pytest.raises(PolicyDenied):
            consent.give(care, "device", 1, granted(*INDEX_BESIDE, denied), START_UTC_S)
    with pytest.raises(PolicyDenied):  # a policy without strain has no index
        consent.give(care.without(["strain"]), "device", 1, granted(*INDEX_BESIDE), START_UTC_S)


@pytest.mark.parametrize(
    ("profile", "purpose"), [("research", "research"), ("eu-workplace", "workplace"), ("personal", "care")]
)
@pytest.mark.parametrize("word", consent.FOR_TEAM)
def test_no_other_profile_grants_what_a_team_sees(profile, purpose, word):
    beside = granted(("heart", purpose), ("heart", "score"))
    for for_purpose in (purpose, "care"):
        with pytest.raises(PolicyDenied):
            consent.give(PROFILES[profile], "device", 1, [*beside, *granted((word, for_purpose))], START_UTC_S)
    with pytest.raises(WrongUse):
        consent_key.grants(PROFILES[profile], "Service", ("heart",), (), team=(word,))


def test_the_text_says_what_the_team_sees_and_that_each_look_is_listed():
    def text(profile, *pairs):
        return consent.text(PROFILES[profile], granted(*pairs), 90)

    index, noted = (consent.TEAM_WORDS[word] for word in consent.FOR_TEAM)
    plain = text("care", ("heart", "care"))
    assert "The care team of Service then sees on its pages:" in plain
    assert consent.TEAM_WORDS["heart"] in plain
    assert consent.LOOKS_WORDS in plain
    assert index not in plain
    assert noted not in plain
    full = text("care", *INDEX_BESIDE, ("context", "care"))
    assert index in full
    assert noted in full
    assert "the index of your weeks, which the hub computes from what you send for score, for care, to Service" in full
    for other in (text("care", ("heart", "score")), text("research", ("heart", "research"))):
        assert "care team" not in other
        assert consent.LOOKS_WORDS not in other


def test_the_command_names_what_the_team_sees_beside_the_signals():
    wanted = consent_key.grants(
        PROFILES["care"], "Service", ("heart",), ("care", "score"), team=("index", "context", "index")
    )
    assert wanted[-2:] == tuple(granted(("index", "care"), ("context", "care")))
    with pytest.raises(WrongUse, match="purpose 'care'"):
        consent_key.grants(PROFILES["care"], "Service", ("heart",), ("score",), team=("index",))
