"""Hostile requests: whatever a client sends, it gets an answer below 500 and a SCIM error in JSON."""

from __future__ import annotations

import http.client
import json
import string
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def well(answer: httpx.Response) -> httpx.Response:
    """Assert that an answer is no server error, and a SCIM error where it is an error."""
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/scim+json"
        document = answer.json()
        assert document["schemas"] == [ERROR] and document["status"] == str(answer.status_code)
        assert isinstance(document["detail"], str) and document["detail"]
    elif answer.content:
        answer.json()
    return answer


@pytest.fixture(autouse=True)
def no_traceback(shared_server: Any) -> Iterator[None]:
    """No test of this file makes the server log a traceback."""
    before = shared_server.log.stat().st_size
    yield
    with shared_server.log.open() as log:
        log.seek(before)
        said = log.read()
    assert "Traceback" not in said, said[-3000:]


@pytest.fixture(params=["rfc", "okta"])
def target(
    request: pytest.FixtureRequest, tenant: Callable[..., httpx.Client]
) -> tuple[httpx.Client, str, str]:
    """A client with the ids of one user and one group that has it."""
    client = tenant(fixture=request.param)
    user = client.post("/Users", json={"schemas": [USER], "userName": "target"}).json()["id"]
    group = {"schemas": [GROUP], "displayName": "g", "members": [{"value": user}]}
    return client, user, client.post("/Groups", json=group).json()["id"]


def still_readable(client: httpx.Client, user: str, group: str) -> None:
    """Whatever was stored can be read, listed, filtered, sorted and projected."""
    for path in (f"/Users/{user}", f"/Groups/{group}", "/Users", "/Groups", ""):
        assert client.get(path).status_code in (200, 404)
    for query in (
        {"filter": 'active eq true or emails[type eq "work"] or manager.value pr or displayName co "a"'},
        {"filter": 'name.givenName sw "a" and not (externalId eq "x")'},
        {"sortBy": "name.familyName"},
        {"sortBy": "emails"},
        {"sortBy": "active", "sortOrder": "descending"},
        {"attributes": f"emails.value,name,{ENTERPRISE}:manager"},
        {"excludedAttributes": "emails.value,name"},
    ):
        answer = client.get("/Users", params=query)
        assert answer.status_code == 200, (query, answer.text)


# ---- arbitrary JSON

WORDS = [
    "schemas", "Schemas", "id", "ID", "externalId", "userName", "USERNAME", "displayName", "name",
    "givenName",
    "active", "Active", "emails", "EMAILS", "value", "Value", "type", "primary", "$ref", "display", "members",
    "groups", "meta", "password", "roles", "x509Certificates", "addresses", "ims", "manager", "locale",
    "Operations",
    "op", "path", "method", "bulkId", "data", "version", "failOnErrors", "filter", "startIndex", "count",
    "cursor",
    "sortBy", "sortOrder", "attributes", "excludedAttributes", USER, GROUP, ENTERPRISE, USER.upper(),
    PATCH_OP, "",
    "add", "replace", "remove", "Add", "POST", "PUT", "DELETE", "/Users", "/Users/bulkId:1", "bulkId:1",
    "target",
    'emails[type eq "work"]', 'emails[type eq "work"].value', "members", 'members[value eq "x"]',
    "name.givenName",
    f"{USER}:userName", f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager.value", "emails[", "..", "a.b.c",
    "True",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("0\\\"'[]()./:%\0", max_size=6),
)
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, -1, 2**31, 2**53, 2**63, 2**64]),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=12,
)
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
RESOURCE = st.builds(
    lambda schemas, rest: {"schemas": schemas, "userName": "x", "displayName": "x", **rest},
    st.sampled_from([[USER], [GROUP], [USER, ENTERPRISE], [USER.lower()]]),
    st.dictionaries(TEXT, VALUE, max_size=5),
)
OPERATION = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Add"]) | SCALAR},
    optional={
        "path": st.sampled_from(WORDS) | SCALAR,
        "value": VALUE | RESOURCE,
    },
)
PATCH = st.fixed_dictionaries(
    {"schemas": st.just([PATCH_OP]), "Operations": st.lists(OPERATION, max_size=4) | JSON}
)
BULK_OPERATION = st.fixed_dictionaries(
    {"method": st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "post"]) | SCALAR},
    optional={
        "path": st.sampled_from(
            ["/Users", "/Groups", "/Users/bulkId:1", "/Bulk", "Users", "/Users/%zz", "//"]
        )
        | SCALAR,
        "bulkId": st.sampled_from(["1", "2"]) | SCALAR,
        "data": RESOURCE | PATCH | JSON,
        "version": SCALAR,
    },
)
BULK_REQUEST = st.fixed_dictionaries(
    {"schemas": st.just([BULK]), "Operations": st.lists(BULK_OPERATION, max_size=4) | JSON},
    optional={"failOnErrors": SCALAR},
)
SEARCH_REQUEST = st.builds(
    lambda rest: {"schemas": [SEARCH], **rest},
    st.dictionaries(
        st.sampled_from(
            [
                "filter",
                "sortBy",
                "sortOrder",
                "startIndex",
                "count",
                "cursor",
                "attributes",
                "excludedAttributes",
            ]
        ),
        VALUE,
        max_size=4,
    ),
)


@FUZZ
@given(body=JSON | RESOURCE)
def test_any_json_as_a_resource(target: Any, body: Any) -> None:
    """POST and PUT of any JSON whatever are below 500, and what is stored stays readable."""
    client, user, group = target
    content = json.dumps(body)
    for endpoint in ("/Users", "/Groups"):
        well(client.post(endpoint, content=content))
    well(client.put(f"/Users/{user}", content=content))
    well(client.put(f"/Groups/{group}", content=content))
    still_readable(client, user, group)


@FUZZ
@given(body=PATCH | JSON)
def test_any_json_as_a_patch(target: Any, body: Any) -> None:
    """PATCH with any JSON whatever is below 500, and what is stored stays readable."""
    client, user, group = target
    content = json.dumps(body)
    well(client.patch(f"/Users/{user}", content=content))
    well(client.patch(f"/Groups/{group}", content=content))
    still_readable(client, user, group)


@FUZZ
@given(body=SEARCH_REQUEST | JSON)
def test_any_json_as_a_search(target: Any, body: Any) -> None:
    """A search with any JSON whatever is below 500, at the root and per type."""
    client, _, _ = target
    for path in ("/.search", "/Users/.search", "/Groups/.search"):
        well(client.post(path, content=json.dumps(body)))


@FUZZ
@given(body=BULK_REQUEST | JSON)
def test_any_json_as_bulk(bulk_client: httpx.Client, body: Any) -> None:
    """Bulk with any JSON whatever is below 500, its operations too, and what is stored stays readable."""
    answer = well(bulk_client.post("/Bulk", content=json.dumps(body)))
    if answer.status_code == 200:
        for operation in answer.json()["Operations"]:
            assert int(operation["status"]) < 500, operation
    still_readable(bulk_client, "x", "x")


@pytest.fixture
def bulk_client(tenant: Callable[..., httpx.Client]) -> httpx.Client:
    return tenant()


@settings(FUZZ, max_examples=25)
@given(
    users=st.lists(st.dictionaries(TEXT, VALUE, max_size=6) | RESOURCE, max_size=3),
    groups=st.lists(st.dictionaries(TEXT, VALUE, max_size=4) | RESOURCE, max_size=2),
)
def test_any_state_can_be_served(state_client: httpx.Client, users: Any, groups: Any) -> None:
    """A state may hold any wrong data: what is accepted can be read, listed, filtered,
    changed and deleted.
    """
    control = str(state_client.base_url).replace("/scim/v2/", "/_scimmock/state")
    answer = state_client.put(control, json={"Users": users, "Groups": groups})
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["error"]["message"]
        return
    still_readable(state_client, "x", "x")
    state = state_client.get(control).json()
    again = state_client.put(control, json=state)
    assert again.status_code == 200, again.text
    assert state_client.get(control).json().keys() == state.keys()
    operations = [
        {"op": "replace", "path": "displayName", "value": "n"},
        {"op": "add", "path": "emails", "value": []},
    ]
    for name in ("Groups", "Users"):
        for resource in state[name]:
            path = f"/{name}/{httpx.URL(path='/' + resource['id']).raw_path.decode()[1:].replace('?', '%3F')}"
            well(state_client.get(path))
            well(state_client.patch(path, json={"schemas": [PATCH_OP], "Operations": operations}))
            well(state_client.put(path, json=resource))
            well(state_client.delete(path))
    still_readable(state_client, "x", "x")


@pytest.fixture
def state_client(tenant: Callable[..., httpx.Client]) -> httpx.Client:
    return tenant()


# ---- bytes that are no JSON, or hardly

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"   ",
    "half an object": b'{"schemas": ["',
    "two documents": b"{}{}",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b'{"a": 1} // x',
    "a bare word": b"undefined",
    "NaN": b'{"userName": NaN}',
    "Infinity": b'{"userName": -Infinity}',
    "leading zero": b'{"a": 007}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"userName": "x"}'.encode("utf-16"),
    "UTF-32": '{"userName": "x"}'.encode("utf-32"),
    "Latin-1": '{"userName": "é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"userName": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"userName": "\xed\xa0\x80"}',
    "half a character": b'{"userName": "\xf0\x9f"}',
    "a raw NUL": b'{"userName": "a\x00b"}',
    "NUL bytes only": b"\x00\x00\x00",
    "a raw line feed in a string": b'{"userName": "a\nb"}',
    "an escaped NUL": b'{"userName": "a\\u0000b"}',
    "an escaped NUL in a name": b'{"user\\u0000Name": "a"}',
    "an escaped NUL deep inside": b'{"emails": [{"value": "a\\u0000b"}]}',
    "a high surrogate": b'{"userName": "a\\ud800"}',
    "a low surrogate": b'{"userName": "\\udc00a"}',
    "surrogates the wrong way round": b'{"userName": "\\udc00\\ud800"}',
    "a surrogate in a name": b'{"user\\ud800": "a"}',
    "an unknown escape": b'{"userName": "\\x41"}',
    "a cut escape": b'{"userName": "\\u00"}',
    "1e400": b'{"userName": 1e400}',
    "a form": b"userName=x&active=true",
    "XML": b"<user/>",
    "a gzip header": b"\x1f\x8b\x08\x00",
}


@pytest.mark.parametrize("fixture", ["rfc", "okta"])
def test_bodies_that_are_no_json(tenant: Callable[..., httpx.Client], fixture: str) -> None:
    """What is no JSON, no UTF-8 or holds NUL is 400 with the reason, wherever a body is read."""
    client = tenant(fixture=fixture)
    user = client.post("/Users", json={"schemas": [USER], "userName": "u"}).json()["id"]
    calls = [("POST", "/Users"), ("PUT", f"/Users/{user}"), ("PATCH", f"/Users/{user}"), ("POST", "/.search")]
    if fixture == "rfc":
        calls.append(("POST", "/Bulk"))
    for name, content in BODIES.items():
        # An escaped NUL is JSON, of which only the value cannot be stored.
        wanted = {"invalidSyntax", "invalidValue"} if "an escaped NUL" in name else {"invalidSyntax"}
        for method, path in calls:
            answer = well(client.request(method, path, content=content))
            assert answer.status_code == 400, (name, method, answer.text)
            assert answer.json()["scimType"] in wanted, (name, method, answer.text)


@pytest.mark.parametrize("digits", [20, 400, 4300, 4301, 10_000])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("fixture", ["rfc", "okta"])
def test_whole_numbers_of_any_length(
    tenant: Callable[..., httpx.Client], digits: int, sign: str, fixture: str
) -> None:
    """Numbers with thousands of digits are an error or are stored; reading on works in both cases."""
    client = tenant(fixture=fixture)
    number = sign + "7" * digits
    for name in ("custom", "userName"):
        content = f'{{"schemas": ["{USER}"], "userName": "big", "{name}": {number}}}'
        well(client.post("/Users", content=content))
    operation = f'{{"op": "add", "value": {{"custom": {number}}}}}'
    user = client.post("/Users", json={"schemas": [USER], "userName": "other"}).json()["id"]
    well(
        client.patch(f"/Users/{user}", content=f'{{"schemas": ["{PATCH_OP}"], "Operations": [{operation}]}}')
    )
    assert client.get("/Users").status_code == 200
    search = f'{{"schemas": ["{SEARCH}"], "count": {number}, "startIndex": {number}}}'
    well(client.post("/Users/.search", content=search))
    for parameters in ({"count": number}, {"startIndex": number}, {"filter": f"meta.version eq {number}"}):
        well(client.get("/Users", params=parameters))


def nested(levels: int) -> str:
    """A user with so many objects and lists within each other, the user itself being the first."""
    inner = levels - 1
    return f'{{"schemas": ["{USER}"], "userName": "deep{levels}", "custom": {"[" * inner}{"]" * inner}}}'


def test_nesting_around_the_limit(okta: httpx.Client) -> None:
    """Thirty-two levels are stored and returned, one more is 400 invalidSyntax naming the limit."""
    assert okta.post("/Users", content=nested(32)).status_code == 201
    refused = well(okta.post("/Users", content=nested(33)))
    assert refused.status_code == 400 and refused.json()["scimType"] == "invalidSyntax"
    assert "32" in refused.json()["detail"]
    assert okta.get("/Users").json()["totalResults"] == 1


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("levels", [1000, 100_000])
def test_nesting_without_end(scim: httpx.Client, opening: str, levels: int) -> None:
    """A hundred thousand levels are refused like thirty-three, closed or not."""
    for content in (opening * levels, f'{{"userName": {opening * levels}'):
        answer = well(scim.post("/Users", content=content))
        assert answer.status_code == 400 and "32" in answer.json()["detail"]


def test_brackets_in_strings_are_no_nesting(okta: httpx.Client) -> None:
    """Brackets inside strings, behind escaped quotes too, do not count as levels."""
    text = "[{" * 50 + '\\"' + "[" * 50
    content = f'{{"schemas": ["{USER}"], "userName": "b", "custom": "{text}"}}'
    answer = okta.post("/Users", content=content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["custom"] == "[{" * 50 + '"' + "[" * 50


def test_many_shallow_values_are_fine(okta: httpx.Client) -> None:
    """Breadth is no depth: a thousand objects beside each other are stored."""
    body = {"schemas": [USER], "userName": "wide", "custom": [{"a": [1]}] * 1000}
    assert okta.post("/Users", json=body).status_code == 201


@pytest.mark.parametrize(
    "pair",
    [
        '"userName": "a", "USERNAME": "b"',
        '"userName": "a", "emails": [{"value": "x", "Value": "y"}]',
        f'"userName": "a", "{ENTERPRISE}": {{"title": "x"}}, "{ENTERPRISE.upper()}": {{"division": "y"}}',
        f'"userName": "a", "{ENTERPRISE}": {{"department": "x", "Department": "y"}}',
    ],
)
def test_one_attribute_twice_in_different_case(scim: httpx.Client, pair: str) -> None:
    """Names ignore case, so an attribute that stands twice in two spellings is ambiguous: 400."""
    answer = well(scim.post("/Users", content=f'{{"schemas": ["{USER}"], {pair}}}'))
    assert answer.status_code == 400, answer.text
    assert scim.get("/Users").json()["totalResults"] == 0


# ---- paths

IDS = [
    "../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..", ".", "%2E%2E", "%00",
    "a%00b",
    "%ff%fe", "%zz", "%", "%2", "%25", "%252e%252e", "a%2Fb", "a%5Cb", "~", "*", "'", "%22", "<script>",
    ";rm -rf",
    "%0d%0aSet-Cookie:%20x=y", "%E2%80%AE", "%F0%9F%92%A9", "a" * 5000, "null", "undefined", "NaN", "-1", "0",
    ".search.", "Users", "$ref", "{id}", "@", ":", "=", "a%20b", "%3Fx=y", "%23",
]  # fmt: skip


def test_odd_ids_are_not_found(scim: httpx.Client) -> None:
    """An id that nobody has is 404, or 400 where it is no text at all, for every method."""
    operations = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": {"active": True}}]}
    calls = (("GET", None), ("DELETE", None), ("PATCH", operations), ("PUT", {"schemas": [USER]}))
    for id in IDS:
        for method, body in calls:
            status, _, text = raw(scim, method, f"/Users/{id}", body)
            assert status in (400, 404), (method, id, text)
            document = json.loads(text)
            assert document["schemas"] == [ERROR] and document["status"] == str(status)


def raw(client: httpx.Client, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], str]:
    """Send a path below the base exactly as it is written;
    a path with "//" in front is taken from the root.
    """
    url = client.base_url
    target = path[1:] if path.startswith("//") else url.raw_path.decode().rstrip("/") + path
    connection = http.client.HTTPConnection(url.host, url.port, timeout=10)
    try:
        connection.putrequest(method, "/", skip_host=False)
        connection._buffer[0] = f"{method} {target} HTTP/1.1".encode()  # type: ignore[attr-defined]
        connection.putheader("Authorization", client.headers["Authorization"])
        content = json.dumps(body).encode() if body is not None else b""
        connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        answer = connection.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read().decode(),
        )
    finally:
        connection.close()


def test_an_error_repeats_no_header_lines(scim: httpx.Client) -> None:
    """A line break in an id never becomes a header of the answer."""
    _, headers, _ = raw(scim, "GET", "/Users/%0d%0aX-Evil:%20yes")
    assert "x-evil" not in headers


def escaped(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


@pytest.mark.parametrize("part", ["id", "endpoint", "base path", "tenant", "t"])
def test_escaped_letters_in_the_path_mean_the_letters(scim: httpx.Client, part: str) -> None:
    """Percent-encoding of plain letters changes nothing, wherever in the path they stand (RFC 3986
    section 6.2.2.2).
    """
    id = scim.post("/Users", json={"schemas": [USER], "userName": "u"}).json()["id"]
    tenant = scim.base_url.path.split("/")[2]
    path = {
        "id": f"//t/{tenant}/scim/v2/Users/{escaped(id)}",
        "endpoint": f"//t/{tenant}/scim/v2/{escaped('Users')}/{id}",
        "base path": f"//t/{tenant}/{escaped('scim')}/v2/Users/{id}",
        "tenant": f"//t/{escaped(tenant)}/scim/v2/Users/{id}",
        "t": f"//{escaped('t')}/{tenant}/scim/v2/Users/{id}",
    }[part]
    status, _, text = raw(scim, "GET", path)
    assert status == 200 and json.loads(text)["id"] == id, text


# ---- queries


def test_plus_and_percent_20_are_both_a_space(scim: httpx.Client) -> None:
    """A filter may be encoded as a form does it or as a URL does it."""
    scim.post("/Users", json={"schemas": [USER], "userName": "a b+c"})
    for query in (
        "filter=userName+eq+%22a+b%2Bc%22",
        "filter=userName%20eq%20%22a%20b%2bc%22",
        "filter=%75serName%20eq+%22a%20b%2Bc%22&count=%31",
    ):
        answer = scim.get(f"/Users?{query}")
        assert answer.status_code == 200 and answer.json()["totalResults"] == 1, (query, answer.text)


QUERIES = [
        b"filter=%zz", b"filter=%", b"filter=userName+eq+%22%ff%22", b"%ff=1", b"filter=%C3%28",
        b"filter", b"=", b"&&&",
        b"filter=", b"count=", b"count=abc", b"count=1e3", b"count=-1", b"startIndex=-5", b"startIndex=0",
        b"count=%00",
        b"filter=userName+eq+%22%00%22", b"filter=userName+eq+%22%5Cud800%22", b"filter[]=x",
        b"sortBy=%F0%9F%92%A9",
        b"sortBy=&sortOrder=sideways", b"cursor=%00%ff", b"cursor=AAAA", b"cursor=" + b"A" * 5000,
        b"attributes=,,,",
        b"attributes=" + b"name," * 5000, b"excludedAttributes=..", b"attributes=a&excludedAttributes=b",
        b"filter=a+eq+1&filter=b+eq+2", b"x=" + b"&x=" * 5000, b"count=%D9%A1",
        b"filter=" + b"%28" * 60, b"sortBy=meta.created.x",
        b"count=99999999999999999999&startIndex=99999999999999999",
]  # fmt: skip


def test_odd_queries(scim: httpx.Client) -> None:
    """Any query whatever is answered below 500, on lists, reads and discovery."""
    scim.post("/Users", json={"schemas": [USER], "userName": "u"})
    for query in QUERIES:
        for path in ("/Users", "/Groups", "/Users/nobody", "", "/Schemas", "/ServiceProviderConfig"):
            status, _, text = raw(scim, "GET", f"{path}?{query.decode()}")
            assert status < 500, (path, query, text)
            json.loads(text)


@pytest.mark.parametrize("query", [b"filter=%ff", b"filter=userName+eq+%22%C3%28%22", b"filter=%ED%A0%80"])
def test_a_query_that_is_no_utf_8_is_400(scim: httpx.Client, query: bytes) -> None:
    """A query with bytes that are no UTF-8 is an error, not a guess."""
    status, _, text = raw(scim, "GET", f"/Users?{query.decode()}")
    assert status == 400 and json.loads(text)["schemas"] == [ERROR]


def test_a_filter_around_the_length_limit(scim: httpx.Client) -> None:
    """8,192 characters of filter are served, one more is 400 invalidFilter naming the limit."""
    text = 'userName eq "{}"'
    fitting = text.format("a" * (8192 - len(text) + 2))
    assert len(fitting) == 8192
    assert scim.get("/Users", params={"filter": fitting}).status_code == 200
    assert scim.post("/.search", json={"schemas": [SEARCH], "filter": fitting}).status_code == 200
    for answer in (
        scim.get("/Users", params={"filter": fitting.replace("a", "aa", 1)}),
        scim.post("/Users/.search", json={"schemas": [SEARCH], "filter": fitting.replace("a", "aa", 1)}),
    ):
        assert well(answer).status_code == 400
        assert answer.json()["scimType"] == "invalidFilter" and "8192" in answer.json()["detail"]


@pytest.mark.parametrize("opening", ["(", "not ("])
def test_a_filter_around_the_depth_limit(scim: httpx.Client, opening: str) -> None:
    """Filters nest up to 50 levels; deeper ones are 400 invalidFilter, however deep."""

    def ask(levels: int) -> httpx.Response:
        return scim.get("/Users", params={"filter": opening * levels + "userName pr" + ")" * levels})

    assert ask(49).status_code == 200
    for levels in (51, 60, 1000):
        answer = well(ask(levels))
        assert answer.status_code == 400 and answer.json()["scimType"] == "invalidFilter"


def test_a_long_flat_filter(scim: httpx.Client) -> None:
    """Hundreds of terms beside each other are no depth."""
    assert scim.get("/Users", params={"filter": " or ".join(["active pr"] * 600)}).status_code == 200


# ---- operations


def test_operations_around_the_limit_of_a_patch(scim: httpx.Client) -> None:
    """A PATCH has up to 1,000 operations; one more is refused with 413 or 400 and changes nothing."""
    user = scim.post("/Users", json={"schemas": [USER], "userName": "u"}).json()

    def send(number: int) -> httpx.Response:
        operations = [{"op": "replace", "path": "title", "value": f"{number}-{n}"} for n in range(number)]
        return scim.patch(f"/Users/{user['id']}", json={"schemas": [PATCH_OP], "Operations": operations})

    assert send(1000).json()["title"] == "1000-999"
    refused = well(send(1001))
    assert refused.status_code in (400, 413) and "1000" in refused.json()["detail"]
    assert scim.get(f"/Users/{user['id']}").json()["title"] == "1000-999"


def test_operations_around_the_limit_of_bulk(scim: httpx.Client) -> None:
    """Bulk has up to 1,000 operations; one more is 413 and changes nothing."""

    def send(number: int) -> httpx.Response:
        operations = [{"method": "DELETE", "path": f"/Users/{n}"} for n in range(number)]
        return scim.post("/Bulk", json={"schemas": [BULK], "Operations": operations})

    assert len(send(1000).json()["Operations"]) == 1000
    assert well(send(1001)).status_code == 413


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json; charset=latin-1",
        "application/scim",
        "*/*",
        "é",
        "application/jsonx",
        ";",
    ],
)
def test_other_content_types(scim: httpx.Client, content_type: str) -> None:
    """A body of another type is 415 as a SCIM error."""
    body = json.dumps({"schemas": [USER], "userName": "u"})
    headers = {"Content-Type": content_type.encode("latin-1")}
    answer = well(scim.post("/Users", content=body, headers=headers))
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "header", ["If-Match", "If-None-Match", "Accept", "Authorization", "Host", "User-Agent"]
)
@settings(FUZZ, max_examples=25)
@given(value=st.text(string.printable.strip() + " \xe9\xff", max_size=40).map(str.strip))
def test_any_header_value(scim: httpx.Client, header: str, value: str) -> None:
    """Any value of the headers that are read is answered below 500 and as SCIM."""
    headers = {header: value.encode("latin-1")}
    well(scim.get("/Users?count=0", headers=headers))
    well(scim.put("/Users/nobody", headers=headers, json={"schemas": [USER], "userName": "u"}))
