"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import scimmock
from scimmock import Server

pytest_plugins = "pytester"

# What is imported in a run within this process is forgotten after it: it must be there before.
for module in pkgutil.walk_packages(scimmock.__path__, "scimmock."):
    if not module.name.startswith(("scimmock.proxy", "scimmock.__main__")):
        importlib.import_module(module.name)

HEAD = """
import pytest

USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann"}
SCIM = {"Content-Type": "application/scim+json"}
"""


def written(pytester: pytest.Pytester, code: str) -> Path:
    return pytester.makepyfile(test_it=HEAD + code)


def ran(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)


def test_each_test_has_a_directory_of_its_own(pytester: pytest.Pytester) -> None:
    """With the fixture that its marker names, the nearest marker having the last word; deleted after it."""
    written(
        pytester,
        """
pytestmark = pytest.mark.scimmock(fixture="okta", users=3, groups=0)


@pytest.mark.parametrize("turn", [1, 2])
def test_alone(scim_server, turn):
    assert len(scim_server.users) == 3
    assert scim_server.client.get("/ServiceProviderConfig").json()["bulk"]["supported"] is False
    assert scim_server.client.post("/Users", json={**USER, "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"value": "a@example.com", "primary": True}]}, headers=SCIM).status_code == 201
    scim_server.assert_called("create", times=1)
    assert scim_server.findings == []


class TestMore:
    pytestmark = pytest.mark.scimmock(users=1)

    @pytest.mark.scimmock(faults=[{"do": {"status": 503}}], fixture="rfc")
    def test_merged(self, scim_server, scimmock_server):
        assert len(scim_server.users) == 1
        assert scim_server.client.get("/Users").status_code == 503
        assert len(scimmock_server.journal) == 0

    def test_two(self, scim_server, scim_tenant, scimmock_server):
        other = scim_tenant(fixture="slack", users=4)
        assert (len(scim_server.users), len(other.users)) == (1, 4)
        assert scim_server.url.startswith(scimmock_server.root_url) and other.name == scim_server.name + "-2"


def test_clock(scim_server):
    scim_server.clock.freeze("2030-01-01T00:00:00Z")


def test_clock_after(scim_server, scimmock_server):
    assert not scim_server.clock.frozen
    import httpx
    tenants = httpx.get(scimmock_server.control_url + "/info").json()["tenants"]
    assert tenants == [scim_server.name]
""",
    )
    ran(pytester).assert_outcomes(passed=6)


def test_a_failure_shows_the_journal(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
@pytest.fixture
def broken(scim_server):
    scim_server.client.get("/Users")
    raise RuntimeError("broken")


def test_fails(scim_server):
    scim_server.client.post("/Users", json=USER, headers=SCIM)
    scim_server.assert_called("create", filter='userName eq "bob"')


def test_setup_fails(broken):
    pass


def test_nothing_came(scim_server):
    scim_server.close()
    assert False


def test_passes(scim_server):
    scim_server.client.get("/Groups")
""",
    )
    result = ran(pytester)
    result.assert_outcomes(passed=1, failed=2, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "*scimmock journal of test-fails-*",
            "   1  *  201  * ms  POST User ann -> 201",
            "E *nearest: 1  POST User ann -> 201",
            'E *filter: wanted userName eq "bob", found userName is "ann"',
            "*scimmock journal of test-setup-fails-*",
            "   1  *  200  * ms  GET Users -> 25 found",
            "the tenant 'test-nothing-came-*' is deleted",
        ]
    )
    text = result.stdout.str()
    assert "GET Groups" not in text and "expecting.py" not in text


def test_a_wrong_marker_is_an_error_in_one_sentence(pytester: pytest.Pytester) -> None:
    written(
        pytester,
        """
@pytest.mark.scimmock(fixure="okta")
def test_name(scim_server): pass

@pytest.mark.scimmock(fixture="oktta")
def test_fixture(scim_server): pass

@pytest.mark.scimmock(faults=[{"do": {"status": 429}, "wen": {"first": 1}}])
def test_fault(scim_server): pass

@pytest.mark.scimmock("okta")
def test_positional(scim_server): pass
""",
    )
    result = ran(pytester, "--strict-markers")
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(
        [
            "scimmock: test_it.py::test_name: there is no argument 'fixure', did you mean 'fixture'?",
            "scimmock: test_it.py::test_fixture: there is no fixture 'oktta', did you mean 'okta'?",
            "scimmock: test_it.py::test_fault: *wen*did you mean 'when'?",
            "scimmock: test_it.py::test_positional: the marker takes keywords, such as fixture='okta'",
        ]
    )
    assert "Traceback" not in result.stdout.str() and "During handling" not in result.stdout.str()


def test_options_of_the_session(pytester: pytest.Pytester) -> None:
    """The command line wins over the configuration file; files of a marker lie beside the test."""
    pytester.makeini(
        "[pytest]\nscimmock_fixture = okta slack\nscimmock_users = 4\nscimmock_seed = 5\nscimmock_token = t"
    )
    (pytester.mkdir("data") / "people.csv").write_text("userName\nann\n")
    written(
        pytester,
        """
def test_session(scim_server, scimmock_server):
    assert (len(scim_server.users), scim_server.token) == (6, "t")
    assert list(scim_server.also) == ["slack@v1"]


@pytest.mark.scimmock(fixture="entra")
def test_other_fixture(scim_server):
    assert len(scim_server.users) == 6


@pytest.mark.scimmock(people="data/people.csv", groups=0)
def test_files(scim_server, monkeypatch):
    assert [user["userName"] for user in scim_server.users] == ["ann"]
""",
    )
    ran(pytester, "--scimmock-users", "6").assert_outcomes(passed=3)
    failed = ran(pytester, "--scimmock-users", "many", "-k", "session")
    failed.stdout.fnmatch_lines(["scimmock_users is a whole number, not 'many'"])


def test_the_server_is_made_by_a_fixture_that_can_be_overridden(pytester: pytest.Pytester) -> None:
    with Server(users=0, groups=0) as taken:
        port = httpx.URL(taken.url).port
        pytester.makeconftest(
            f"""
import pytest

@pytest.fixture(scope="session")
def scimmock_options():
    return {{"fixture": "okta", "port": {port}}}
"""
        )
        written(pytester, "def test_it(scim_server): pass")
        failed = ran(pytester)
        failed.assert_outcomes(errors=1)
        failed.stdout.fnmatch_lines(
            [f"scimmock: the server does not start: port {port} on 127.0.0.1 is taken*"]
        )


def test_tests_run_in_several_processes(pytester: pytest.Pytester) -> None:
    """Each has a server of its own; the ids of a test are the same wherever and after whatever it runs."""
    written(
        pytester,
        """
@pytest.mark.parametrize("number", range(6))
def test_ids(scim_server, number, record_property):
    print("id", number, scim_server.users.add(userName="ann")["id"])
    assert number != 5


@pytest.mark.scimmock(fixure="okta")
def test_wrong(scim_server): pass
""",
    )
    options = ("-p", "no:cacheprovider", "-rA")
    parallel = pytester.runpytest_subprocess(*options, "-n", "2")
    parallel.assert_outcomes(passed=5, failed=1, errors=1)
    parallel.stdout.fnmatch_lines_random(["*scimmock journal of test-ids-5-*", "*did you mean 'fixture'?*"])
    alone = ran(pytester, "-rA", "-k", "4")

    def ids(result: pytest.RunResult) -> set[str]:
        return {line for line in result.outlines if line.startswith("id ")}

    assert len(ids(parallel)) == 6 and ids(alone) < ids(parallel)


def test_who_does_not_use_it_imports_nothing_of_it() -> None:
    """Neither the plugin nor the package itself brings more than pytest has."""
    code = (
        "import sys, pytest; before = set(sys.modules); import scimmock.pytest_plugin; "
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["scimmock", "scimmock.pytest_plugin", "scimmock.version"]
