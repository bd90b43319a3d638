"""Variants, fixtures that extend others, evidence, and where what is wrong in them is said to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import FileError
from scimmock.fixture import Fixture, combine, load_fixture, variants_of
from scimmock.fixture.facts import facts_of, fidelity
from scimmock.fixture.merge import Merged
from scimmock.store.ids import Minter, wrong_form
from scimmock.yamlfile import YamlFile

SORT = "sources: {D: x}\nbehaviour: {sort: false}\n"
HEAD = "fixture: {name}\ntitle: {name}\nkind: service\n"
BASE = (
    HEAD.format(name="base")
    + """
sources: {DOC: https://example.com, LOG: a log}
behaviour:
  base_path: /base/v2
  sort: false
  bulk: {supported: false, max_operations: 7}
  leniency: [boolean-strings, {switch: dotted-keys, why: base says so}]
  quirks: [patch-204, {quirk: page-cap, size: 5}]
  ids: {User: "U[0-9]{12}"}
evidence:
  behaviour.sort: {source: DOC, confidence: documented}
gaps: [one]
default_variant: new
variants:
  new:
    title: newer
    since: 2026-01
  old:
    title: older
    until: 2026-01
    behaviour:
      base_path: /base/v1
      bulk: {max_operations: null, max_payload_size: 99}
      leniency: ["-dotted-keys", json-strings]
      quirks: [{quirk: page-cap, size: 9}, "-patch-204", error-status-int]
    gaps: [two]
    evidence:
      behaviour.sort: null
      behaviour.bulk: {source: LOG, confidence: logged}
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a fixture "base" that has two variants; the working directory."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "base", BASE)
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).mkdir(exist_ok=True)
    path = folder / name / "fixture.yaml"
    path.write_text(text, "utf-8")
    return path


def said(name: str) -> str:
    with pytest.raises(FileError) as caught:
        load_fixture(name)
    return str(caught.value)


def quirks(fixture: Fixture) -> dict[str, dict[str, Any]]:
    return {item.name: item.parameters for item in fixture.quirks}


def test_a_variant_lies_over_the_fixture(folder: Path) -> None:
    old = load_fixture("./base@old")
    behaviour = old.file.behaviour
    assert behaviour is not None
    assert (old.name, old.variant_name, old.title) == ("base@old", "old", "base: older")
    assert behaviour.base_path == "/base/v1" and behaviour.sort is False
    assert (behaviour.bulk.supported, behaviour.bulk.max_payload_size) == (False, 99)
    assert behaviour.bulk.max_operations == 1000  # taken away, so the default again
    assert old.policy.leniency.names() == ["boolean-strings", "json-strings"]
    assert quirks(old) == {"page-cap": {"size": 9}, "error-status-int": {}}
    assert old.file.gaps == ["one", "two"]
    assert old.variant and (old.variant.since, old.variant.until) == (None, "2026-01")


def test_the_default_variant_is_the_one_without_a_name(folder: Path) -> None:
    plain, new = load_fixture("./base"), load_fixture("./base@new")
    assert (plain.name, plain.variant_name) == ("base", "new")
    assert (new.name, new.variant_name) == ("base@new", "new")
    assert plain.file == new.file and quirks(plain) == quirks(new)
    assert variants_of("./base") == ["new", "old"]


def test_variants_that_are_not_there(folder: Path) -> None:
    assert said("./base@odl").endswith("did you mean './base@old'?")
    assert "there are base@new, base@old" in said("base@zzzzzzz").replace("./", "")
    assert "slack@v1" in said("slack@v11")
    assert "there are none" in said("okta-nothing@x") or "no fixture" in said("okta-nothing@x")


def test_extending_another(folder: Path) -> None:
    write(
        folder,
        "mine",
        HEAD.format(name="mine")
        + "extends: ../base@old\nbehaviour: {base_path: /mine, quirks: [-page-cap, no-put]}\n",
    )
    mine = load_fixture("./mine")
    assert mine.file.behaviour and mine.file.behaviour.base_path == "/mine"
    assert list(quirks(mine)) == ["error-status-int", "no-put"]
    assert mine.file.behaviour.bulk.max_payload_size == 99
    # Variants are those of the file itself.
    assert variants_of("./mine") == [] and mine.variant is None


def test_extending_a_shipped_one_brings_its_files(folder: Path) -> None:
    write(folder, "mine", "fixture: mine\ntitle: Mine\nextends: slack@v1\n")
    mine, slack = load_fixture("./mine"), load_fixture("slack@v1")
    assert mine.file.kind == "service"
    assert [kind.schema_ids for kind in mine.types] == [kind.schema_ids for kind in slack.types]
    assert combine(("./mine",)).behaviour.name == "mine"


def test_circles_are_found(folder: Path) -> None:
    write(folder, "a", HEAD.format(name="a") + "extends: ../b\n")
    write(folder, "b", HEAD.format(name="b") + "extends: ../a\n")
    write(folder, "c", HEAD.format(name="c") + "extends: ../c\n")
    assert "extends this fixture in turn" in said("./a")
    assert "c/fixture.yaml:4:1" in said("./c")


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("mine", "extends: ../base\nbehaviour:\n  sort: maybe\n", "mine/fixture.yaml:6:3", "bool"),
        (
            "mine",
            "extends: ../base\nbehaviour:\n  quirks: [patch-2O4]\n",
            "mine/fixture.yaml:6:12",
            "patch-204",
        ),
        ("mine", "extends: ../base\nbehaviour:\n  quirks: [-no-put]\n", "mine/fixture.yaml:6:12", "no-put"),
        ("mine", "extends: nowhere\n", "mine/fixture.yaml:4:1", "nowhere"),
        ("mine", "extends: 5\n", "mine/fixture.yaml:4:1", "str"),
        ("mine", "variants: [a]\n", "mine/fixture.yaml:4:1", "mapping"),
        ("mine", "variants: {a: 5}\n", "mine/fixture.yaml:4:12", "object"),
        ("mine", "variants: {a b: {title: x}}\n", "mine/fixture.yaml:4:12", "letters"),
        ("mine", "variants: {a: {titel: x}}\n", "mine/fixture.yaml:4:16", "title"),
        ("mine", "variants: {a: {title: x, since: soon}}\n", "mine/fixture.yaml:4:26", "matching"),
        ("mine", "variants: {a: {title: x}}\ndefault_variant: b\n", "mine/fixture.yaml:5:1", "there are a"),
        (
            "mine@a",
            "variants:\n  a:\n    title: x\n    behaviour: {sort: 1}\n",
            "mine/fixture.yaml:7:17",
            "bool",
        ),
        ("mine", "behaviour: {ids: 'U[0-9'}\n", "mine/fixture.yaml:4:13", "character 2"),
        ("mine", "behaviour: {ids: 'U[0-9]{2}'}\n", "mine/fixture.yaml:4:13", "too few"),
        ("mine", "behaviour: {ids: 'U[0-9]{99999999999}'}\n", "mine/fixture.yaml:4:13", "too long"),
        ("mine", "behaviour: {ids: '[0-z]{10}'}\n", "mine/fixture.yaml:4:13", "from '0' to 'z'"),
        ("mine", "behaviour: {ids: '[9-0]{10}'}\n", "mine/fixture.yaml:4:13", "from '9' to '0'"),
        ("mine", "behaviour: {ids: '[!a-z]{10}'}\n", "mine/fixture.yaml:4:13", "brackets"),
        ("mine", "behaviour: {ids: 'U[0-9]{0}'}\n", "mine/fixture.yaml:4:13", "too few"),
        ("mine", "behaviour: {ids: {Usr: uuid}}\n", "mine/fixture.yaml:4:19", "User"),
        ("mine", "behaviour: {open: [Users]}\n", "mine/fixture.yaml:4:20", "ServiceProviderConfig"),
        ("mine", "behaviour: {protocol: '1.0'}\n", "mine/fixture.yaml:4:13", "1.1"),
        (
            "mine",
            SORT + "evidence: {behaviour.srot: {source: D, confidence: code}}\n",
            "mine/fixture.yaml:6:12",
            "behaviour.sort",
        ),
        (
            "mine",
            SORT + "evidence: {behaviour.sort: {source: E, confidence: code}}\n",
            "mine/fixture.yaml:6:12",
            "'E' is not among the sources",
        ),
        ("mine", "client: {requests: {a: {method: GETT, path: /x}}}\n", "mine/fixture.yaml:4:25", "GET"),
        ("mine", "client: {intents: {provision-user: [nobody]}}\n", "mine/fixture.yaml:4:37", "nobody"),
        ("mine", "client: {intents: {provision: []}}\n", "mine/fixture.yaml:4:", "provision-user"),
        ("mine", "people: {}\nevidence: {a.b: {source: x}}\n", "mine/fixture.yaml:5:12", "confidence"),
        ("mine", "client: {reactions: [{to: x, on: ['409'], do: fail}]}\n", "mine/fixture.yaml:4:23", "'x'"),
        (
            "mine",
            "behaviour:\n  resource_types:\n"
            "    - {name: User, endpoint: /Users, schema: user, without: [nick]}\n",
            "mine/fixture.yaml:6:62",
            "nickName",
        ),
        (
            "mine",
            "behaviour:\n  resource_types:\n    - name: Group\n      endpoint: /Groups\n      schema: group\n"
            "      without: [members.value, members.$ref, members.type, members.display]\n",
            "mine/fixture.yaml:6:7",
            "subAttributes",
        ),
        (
            "mine",
            "behaviour:\n  resource_types:\n    - name: User\n      endpoint: /Users\n      schema: user\n"
            "      attributes: {name.given: {required: true}}\n",
            "mine/fixture.yaml:9:20",
            "givenName",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(
    folder: Path, name: str, text: str, where: str, what: str
) -> None:
    write(folder, "mine", HEAD.format(name="mine") + text)
    found = said(f"./{name}")
    assert found.startswith(where) or f"/{where}" in found, found
    assert what in found, found
    assert "\n" not in found


def test_what_is_wrong_below_is_said_of_the_file_below(folder: Path) -> None:
    write(folder, "base", BASE.replace("sort: false", "sort: maybe"))
    write(folder, "mine", HEAD.format(name="mine") + "extends: ../base\nbehaviour: {etag: false}\n")
    assert "base/fixture.yaml:8:3" in said("./mine")


def test_facts_and_fidelity(folder: Path) -> None:
    old = load_fixture("./base@old")
    facts = {fact.about: fact for fact in facts_of(old)}
    assert facts["behaviour.bulk"].confidence == "logged"
    assert facts["behaviour.bulk"].says == "supported: false, max_payload_size: 99"
    assert facts["behaviour.sort"].confidence == "unverified"
    assert facts["boolean-strings"].confidence == "unverified"
    assert facts["page-cap"].given == {"size": 9}
    assert fidelity(list(facts.values())) == 1 / len(facts)


def test_the_attributes_of_a_type_can_be_changed(folder: Path) -> None:
    text = """behaviour:
  resource_types:
    - name: User
      endpoint: /Users
      schema: user
      extensions: [{schema: enterprise_user, urn_1: "urn:old"}]
      only: [userName, name.givenName, emails]
      without: [emails.display, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"]
      attributes:
        name: {required: true}
        name.givenName: {required: true}
        userName: {case_exact: true}
        externalId: {required: true, uniqueness: server}
"""
    write(folder, "mine", HEAD.format(name="mine") + text)
    (kind,) = load_fixture("./mine").types
    assert [attribute.name for attribute in kind.schema.attributes] == ["userName", "name", "emails"]
    name, emails = kind.attribute("name"), kind.attribute("emails")
    assert name and emails
    assert [sub.name for sub in name.sub_attributes] == ["givenName"]
    assert "display" not in emails.subs and "value" in emails.subs
    assert {item.name for item in kind.required_attributes} == {"userName", "name", "externalId"}
    external = kind.attribute("externalId")
    assert external and external.uniqueness == "server"
    (extension, _) = kind.extension_schemas[0]
    assert extension.attribute("manager") is None
    # The shipped schemas are as they were.
    rfc = next(kind for kind in load_fixture("rfc").types if kind.name == "User")
    assert rfc.attribute("nickName") is not None


PATTERNS = st.lists(
    st.sampled_from(["a", "U", "-", "[0-9]", "[0-9a-f]{4}", "[A-Za-z0-9_]{2}", "<uuid>", "x{1}"]), max_size=8
).map("".join)


@given(PATTERNS, st.integers(0, 5))
def test_ids_of_a_pattern(pattern: str, seed: int) -> None:
    wrong = wrong_form(pattern)
    if wrong is not None:
        assert repr(pattern) in wrong
        return
    minter, again = Minter(seed, "", {"User": pattern}), Minter(seed, "", {"User": pattern})
    made = [minter.mint("User", f"user{number}", lambda id: False) for number in range(20)]
    assert len(set(made)) == 20
    assert made == [again.mint("User", f"user{number}", lambda id: False) for number in range(20)]
    assert len(again.mint("Group", "a", lambda id: False)) == 36  # types without a pattern have UUIDs


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4),
    st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4),
)
def test_merging(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What is not said stays; what is said is there, and knows its file."""
    below, above = YamlFile(Path("below"), old), YamlFile(Path("above"), new)
    merged = Merged(below)
    merged.over(new, above)
    for key in {*old, *new}:
        if key not in new:
            assert merged.data[key] == old[key] and merged.origin(f"$.{key}")[0] is below
        elif new[key] is None and key in old:
            assert key not in merged.data
        elif not (isinstance(new[key], dict) and isinstance(old.get(key), dict)):
            assert merged.data[key] == new[key] and merged.origin(f"$.{key}")[0] is above
    assert below.data == old and above.data == new
