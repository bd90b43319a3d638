"""What every fixture says of itself: it loads, and each behaviour has a source and a confidence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from scimmock.fixture import fixtures_folder, load_fixture, shipped_names
from scimmock.fixture.checks import codes_of
from scimmock.fixture.editor import FILE_NAME, json_schema, schema_text
from scimmock.fixture.facts import facts_of
from scimmock.scim.policy import Leniency
from scimmock.scim.schema import ResourceType
from scimmock.scim.validate import check_required, normalise_resource
from scimmock.yamlfile import read_yaml
from tests.contract.conftest import Service, every_fixture

_ADDRESS = re.compile(r"https?://\S+|\S.*\S")


@pytest.mark.parametrize("name", every_fixture())
def test_every_behaviour_says_where_it_is_known_from(name: str) -> None:
    fixture = load_fixture(name)
    assert fixture.file.fixture == fixture.folder.name
    assert fixture.file.description
    for fact in facts_of(fixture):
        codes = codes_of(fact.source)
        assert codes, f"{fact.about} has no source"
        unknown = [code for code in codes if code not in fixture.file.sources]
        assert unknown == [], f"{fact.about}: {unknown} are not among the sources"
        assert fact.says
    used = {code for fact in facts_of(fixture) for code in codes_of(fact.source)}
    told = " ".join([fixture.file.description, *fixture.file.gaps])
    if fixture.variant is None:
        unused = [code for code in fixture.file.sources if code not in used and code not in told]
        others = _used_by_variants(name)
        assert [code for code in unused if code not in others] == []


def _used_by_variants(name: str) -> set[str]:
    plain = name.partition("@")[0]
    names = [other for other in every_fixture() if other.partition("@")[0] == plain]
    return {
        code for other in names for fact in facts_of(load_fixture(other)) for code in codes_of(fact.source)
    }


@pytest.mark.parametrize("name", shipped_names())
def test_the_file_has_the_form_that_editors_are_told(name: str) -> None:
    data = read_yaml(fixtures_folder() / name / "fixture.yaml").data
    problems = jsonschema.Draft202012Validator(json_schema()).iter_errors(data)
    assert [f"{problem.json_path}: {problem.message}"[:300] for problem in problems] == []


def _essence(schema: Any) -> Any:
    """Return a schema without the names of mappings, which not every version of msgspec tells."""
    if isinstance(schema, dict):
        return {key: _essence(value) for key, value in schema.items() if key != "propertyNames"}
    return [_essence(item) for item in schema] if isinstance(schema, list) else schema


def test_the_shipped_schema_is_the_one_that_the_code_makes() -> None:
    shipped = json.loads((fixtures_folder() / FILE_NAME).read_text("utf-8"))
    assert _essence(shipped) == _essence(json.loads(schema_text())), (
        f"write it anew: scimmock fixtures schema > fixtures/{FILE_NAME}"
    )
    jsonschema.Draft202012Validator.check_schema(json_schema())


BASE = {"fixture": "x", "title": "X", "kind": "service"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"behavior": {}},
        {"kind": "server"},
        {"behaviour": {"quirks": ["patch-205"]}},
        {"behaviour": {"quirks": [{"quirk": "page-cap", "sise": 5}]}},
        {"behaviour": {"quirks": [{"quirk": "page-cap", "size": "five"}]}},
        {"behaviour": {"leniency": ["boolean-string"]}},
        {"behaviour": {"ids": 5}},
        {"faults": [{"do": {"statu": 503}}]},
        {"faults": [{"do": {"status": 503}, "wen": {}}]},
        {"client": {"intents": {"provision": []}}},
        {"client": {"requests": {"a": {"method": "GETT", "path": "/"}}}},
        {"evidence": {"behaviour.sort": {"source": "DOC", "confidence": "sure"}}},
        {"variants": {"a": {"title": "A", "behaviour": {"paging": {"index": "x"}}}}},
    ],
    ids=json.dumps,
)
def test_what_the_schema_refuses(wrong: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(BASE)
    assert not validator.is_valid({**BASE, **wrong})


def _layered() -> list[tuple[str, str]]:
    """Return each fixture alone, and each service with the people of an identity provider below it."""
    names = every_fixture()
    services = [name for name in names if load_fixture(name).file.kind != "idp"]
    return [(name, "") for name in names] + [
        (name, below) for name in services for below in ("okta", "entra")
    ]


@pytest.mark.parametrize(("name", "layer"), _layered())
def test_people_are_valid_by_the_schemas_of_the_service(
    play: Callable[..., Service], name: str, layer: str
) -> None:
    service = play(name, users=30, groups=4, layers=[layer] if layer else [])
    state = service.control.get("/state").json()
    for kind in service.fixture.types:
        documents = state[kind.endpoint.strip("/")]
        if kind.name == "User":
            assert len(documents) == 30
        for document in documents:
            normal = normalise_resource(kind, document, Leniency())
            check_required(kind, normal)
            # Nothing that the schemas do not know was dropped on the way.
            settable = {key for key in document if not _is_read_only(kind, key)}
            assert settable == set(normal)


def _is_read_only(kind: ResourceType, name: str) -> bool:
    attribute = kind.attribute(name)
    return attribute is not None and attribute.mutability == "readOnly"
