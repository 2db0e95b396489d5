"""Templates for administrators name every key of a policy, and nothing else: Group Policy and a configuration profile."""

import plistlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from agent import config
from agent.config import Policy
from agent.system.machine_policy import KEY, LISTS, TEXTS, ManagedPreferences
from agent.tables.profiles import PROFILES
from agent.tables.signals import KINDS

PACKAGING = Path(__file__).parents[2] / "packaging"
ADMX = (PACKAGING / "windows" / "wardbeat.admx").read_text(encoding="utf-8")
ADML = (PACKAGING / "windows" / "en-US" / "wardbeat.adml").read_text(encoding="utf-8")
PROFILE = PACKAGING / "macos" / "wardbeat.mobileconfig"
SPACE = {"p": "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"}
ELEMENTS = {**dict.fromkeys(LISTS, "multiText"), **dict.fromkeys(TEXTS, "text")}


def faults(admx: str, adml: str) -> list[str]:
    """What is missing or too much in a template and its words."""
    definitions, resources = ET.fromstring(admx), ET.fromstring(adml)
    policies = definitions.findall("p:policies/p:policy", SPACE)
    named = [policy.get("name") for policy in policies]
    found = [f"{name}: a field without a policy" for name in set(Policy.model_fields) - set(named)]
    found += [f"{name}: a policy without a field" for name in set(named) - set(Policy.model_fields)]
    boxes = {one.get("id"): one for one in resources.findall("p:resources/p:presentationTable/p:presentation", SPACE)}
    for policy in policies:
        name = policy.get("name")
        values = list(policy.find("p:elements", SPACE))
        if [(one.tag.partition("}")[2], one.get("valueName")) for one in values] != [(ELEMENTS.get(name), name)]:
            found.append(f"{name}: another value")
        if (policy.get("class"), policy.get("key")) != ("Machine", KEY):
            found.append(f"{name}: another key")
        if [one.get("refId") for one in boxes.get(name, ())] != [one.get("id") for one in values]:
            found.append(f"{name}: another presentation")
    strings = {one.get("id"): one.text for one in resources.findall("p:resources/p:stringTable/p:string", SPACE)}
    for kind, there in (("string", strings), ("presentation", boxes)):
        wanted = set(re.findall(rf"\$\({kind}\.(\w+)\)", admx))
        found += [f"{one}: a {kind} that is missing" for one in wanted - set(there)]
        found += [f"{one}: a {kind} that nothing names" for one in set(there) - wanted]
    references = {one.get("ref") for one in definitions.iter() if one.get("ref")}
    names = {one.get("name") for one in definitions.iter() if one.get("name")}
    found += [f"{one}: a reference to nothing" for one in references - names]
    return found + [f"{one}: no words" for one, words in strings.items() if not (words or "").strip()]


def test_the_template_has_every_key_of_a_policy_with_its_words():
    assert faults(ADMX, ADML) == []


@pytest.mark.parametrize(
    ("admx", "adml"),
    [
        (ADMX.replace('policy name="denied_kinds"', 'policy name="denied_kind"'), ADML),
        (ADMX.replace('valueName="denied_kinds"', 'valueName="DeniedKinds"'), ADML),
        (ADMX.replace("<text id", "<multiText id"), ADML),
        (ADMX.replace("$(string.denied_kinds)", "$(string.kinds)"), ADML),
        (ADMX.replace('parentCategory ref="Wardbeat"', 'parentCategory ref="Other"'), ADML),
        (ADMX.replace('class="Machine"', 'class="User"', 1), ADML),
        (ADMX, ADML.replace('refId="minimum_version"', 'refId="version"')),
        (ADMX, ADML.replace("</stringTable>", '<string id="more">more</string></stringTable>')),
        (ADMX, ADML.replace(">Denied kinds of numbers<", "><")),
    ],
)
def test_a_template_with_a_breach_is_found(admx, adml):
    assert (admx, adml) != (ADMX, ADML)
    assert faults(admx, adml) != []


def test_the_words_name_every_profile_and_every_kind():
    for name in (*PROFILES, *KINDS):
        assert re.search(rf"\b{name}\b", ADML), name


def test_the_configuration_profile_holds_every_key_and_takes_nothing_away(tmp_path):
    made = plistlib.loads(PROFILE.read_bytes())
    assert made["PayloadScope"] == "System"
    (payload,) = made["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.ManagedClient.preferences"
    assert made["PayloadUUID"] != payload["PayloadUUID"]
    (domain,) = payload["PayloadContent"]
    assert domain == "org.wardbeat.agent"
    (forced,) = payload["PayloadContent"][domain]["Forced"]
    values = forced["mcx_preference_settings"]
    assert set(values) == set(Policy.model_fields)
    file = tmp_path / f"{domain}.plist"  # as macOS writes it
    file.write_bytes(plistlib.dumps(values, fmt=plistlib.FMT_BINARY))
    read = config.read_policy(tmp_path / "absent.yaml", ManagedPreferences(file))
    assert set(read.allowed_profiles) == set(PROFILES)
    assert read.denied_kinds == ()
