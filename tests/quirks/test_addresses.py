"""Discovery at other addresses than those of the standard."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from ..conftest import GROUP, USER

Both = Callable[..., list[httpx.Client]]


def test_the_configuration_has_two_addresses(both: Both) -> None:
    strict, quirky = both("spc-both-paths")
    singular, plural = "/ServiceProviderConfig", "/ServiceProviderConfigs"
    assert [client.get(singular).status_code for client in (strict, quirky)] == [200, 200]
    assert [client.get(plural).status_code for client in (strict, quirky)] == [404, 200]
    assert quirky.get(plural).json()["patch"] == quirky.get(singular).json()["patch"]


def test_schemas_have_short_names(both: Both) -> None:
    strict, quirky = both("schema-names")
    for name, urn in (("Users", USER), ("groups", GROUP)):
        assert strict.get(f"/Schemas/{name}").status_code == 404
        assert quirky.get(f"/Schemas/{name}").json()["id"] == urn
        assert quirky.get(f"/Schemas/{urn}").json()["id"] == urn
    assert quirky.get("/Schemas/Devices").status_code == 404
    assert len(quirky.get("/Schemas").json()["Resources"]) == len(strict.get("/Schemas").json()["Resources"])


def test_the_short_names_can_be_others(both: Both) -> None:
    _, quirky = both({"quirk": "schema-names", "names": {"people": USER}})
    assert quirky.get("/Schemas/People").json()["id"] == USER
    assert quirky.get("/Schemas/Users").status_code == 404
