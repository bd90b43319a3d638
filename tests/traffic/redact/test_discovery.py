"""What discovery tells of nobody: the sentences of shipped schemas, and the addresses of standards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import scimmock.traffic.redact.vocabulary as vocabulary
from scimmock.fixture.folders import fixtures_folder
from scimmock.scim.discovery import SCHEMES
from scimmock.traffic.redact.vocabulary import PUBLIC_HOSTS, is_public_url, known_sentence

from .said import described

DATA = sorted((Path(vocabulary.__file__).parents[2] / "scim" / "data").glob("*.json"))
SHIPPED = [path for path in sorted(fixtures_folder().glob("*/*.json")) if '"attributes"' in path.read_text()]


@pytest.mark.parametrize("path", [*DATA, *SHIPPED], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_sentence_of_a_shipped_schema_is_known(path: Path) -> None:
    sentences = list(described(json.loads(path.read_text("utf-8"))))
    assert sentences
    assert [text for text in sentences if not known_sentence(text)] == []


def test_what_the_schemes_of_authentication_are_is_known() -> None:
    for scheme in SCHEMES.values():
        assert known_sentence(scheme["description"]) and known_sentence(scheme["name"])
        assert is_public_url(scheme["specUri"])


def test_line_breaks_make_no_difference_and_words_do() -> None:
    assert known_sentence("A set of users\n   and other groups.")
    assert not known_sentence("A set of users and other people.")
    assert not known_sentence("Barbara")
    assert not known_sentence("")


def test_without_the_fixtures_the_standard_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scimmock" / "scim").mkdir(parents=True)
    (tmp_path / "scimmock" / "scim" / "data").symlink_to(DATA[0].parent)
    # Another package's folder of that name, which is none of scimmock's.
    (tmp_path / "fixtures" / "people").mkdir(parents=True)
    (tmp_path / "fixtures" / "people" / "team.json").write_text(
        json.dumps({"attributes": [], "description": "Barbara Jensen's team"})
    )
    monkeypatch.setattr(vocabulary, "_PACKAGE", tmp_path / "scimmock")
    vocabulary._sentences.cache_clear()
    try:
        assert known_sentence("A set of users and other groups.")
        assert not known_sentence("Barbara Jensen's team")
        assert not known_sentence("What only Figma knows of a user")
    finally:
        monkeypatch.undo()
        vocabulary._sentences.cache_clear()
    assert known_sentence("What only Figma knows of a user")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.rfc-editor.org/info/rfc6750",
        "https://www.rfc-editor.org/rfc/rfc7644.html#section-3.5.2",
        "http://tools.ietf.org/html/draft-ietf-oauth-v2-bearer-01",
        "https://datatracker.ietf.org/doc/html/rfc7643#section-8.7.1",
        "HTTPS://WWW.IETF.ORG/rfc/rfc2617.txt",
        "http://www.simplecloud.info",
        "https://scim.cloud/",
    ],
)
def test_the_address_of_a_standard_is_public(url: str) -> None:
    assert is_public_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.rfc-editor.org/jensen",
        "https://www.rfc-editor.org/info/rfc6750?reader=jensen",
        "https://www.rfc-editor.org/info/rfc6750#jensen",
        "https://jensen@www.rfc-editor.org/info/rfc6750",
        "https://www.rfc-editor.org.acme.com/info/rfc6750",
        "https://www.rfc-editor.org:8443/info/rfc6750",
        "https://acme.com/info/rfc6750",
        "www.rfc-editor.org",
        "",
    ],
)
def test_nothing_else_is_public(url: str) -> None:
    assert not is_public_url(url)


def test_hosts_are_compared_in_lower_case() -> None:
    assert all(host == host.lower() for host in PUBLIC_HOSTS)


def test_methods_of_paging_are_values_that_a_schema_lists() -> None:
    assert {"index", "cursor"} <= vocabulary.CANONICAL
