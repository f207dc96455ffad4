"""Invalid input: every input is refused by the name of its field, and no request causes a status 500.

If a JSON object contains the same key twice, the last one counts, as in browsers. The service has a single parser, so
no two of its parts can read such a body differently.
"""

import asyncio
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
import requests
import schemathesis
import schemathesis.generation.jsonschema.strategy  # Imported later, deep in a recursion, it cannot be compiled.
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from pages.routes import routes as page_routes
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.requests import GOOD, PLACES, ROUTES, SESSION, address
from tests.support.rooms.simple_room import a_room
from tests.support.service import Service

NAMES = {"handle", "display_name", "title", "organisation", "place", "login", "sector", "time_zone", "email"}
# The valid values depend on the database; the tests of the object cover them.
BY_KIND = {
    ("set_ballot", "answer"),
    ("move_posts", "posts"),
    ("set_reading", "posts"),
    ("add_entry", "fields"),
    ("change_entry", "fields"),
    ("claim_gap", "cell"),
    ("look_at_table", "content"),
    ("upload_file", "content"),
    ("set_picture", "content"),
    ("upload_file", "name"),  # Signs that no system takes are replaced.
    ("change_import_options", "columns"),
    ("change_topic", "tags"),
}
JSON = {"Content-Type": "application/json"}
PROBLEM = {"type", "title", "status", "code", "detail"}


def bodied() -> list[Any]:
    """Return the routes that take a body."""
    return [route for route in ROUTES if "data" in route.fn.__annotations__]


def ensure_problem(response: httpx2.Response | requests.Response, *statuses: int) -> dict[str, Any]:
    """Check that a response is a refusal with one of these statuses: a problem document with a code, not cacheable."""
    assert response.status_code in statuses, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = response.json()
    assert problem.keys() >= PROBLEM
    assert problem["status"] == response.status_code
    assert re.fullmatch("[a-z_]+", problem["code"])
    return problem


def ensure_no_failure(response: httpx2.Response) -> None:
    """Check that a response is no server error, and that a refusal of the API is a problem document."""
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and "text/html" not in response.headers.get("content-type", ""):
        ensure_problem(response, response.status_code)


def wrong(value: object) -> Iterator[object]:
    """Return values that are invalid in place of this value."""
    if isinstance(value, str):
        yield from ("nul\0", "escape\x1b", "x" * 30_000, 7, True, ["x"], {"a": 1})
    elif isinstance(value, bool):
        yield from ("true", 1, None, [], {})
    elif isinstance(value, int):
        yield from (2**63, 2**70, -1, 0.5, 1e300, "1", True, [1])
    elif isinstance(value, dict):
        yield from (
            "x",
            7,
            [],
            True,
            {"no such": "thing"},
            dict.fromkeys(value, "nul\0"),
            dict.fromkeys(value),
        )
    elif isinstance(value, list):
        yield from ("x", 7, {"a": 1}, None, [7], [["x"]], ["nul\0"], ["!?"], ["x"] * 1_000)


@pytest.fixture
async def admin(app: Service) -> Person:
    """A member with every permission."""
    return await a_person(app, "Admin", duties=[("administrator", None)])


def test_every_request_body_has_a_row() -> None:
    with_body = {route.operation_id for route in bodied()}
    assert with_body - GOOD.keys() == set(), "add a valid body to GOOD of tests/support/requests.py"
    assert GOOD.keys() - with_body == set(), "bodies of operations that take none"


@pytest.mark.parametrize("route", bodied(), ids=lambda route: route.operation_id)
async def test_every_field_refuses_invalid_values(admin: Person, route: Any) -> None:
    method, path = address(route)
    good = GOOD[route.operation_id]
    send = partial(admin.client.request, method, path)
    accepted = await send(json=good)
    assert accepted.status_code not in (400, 413, 415, 500), accepted.text
    assert accepted.status_code != 422 or accepted.json()["code"] != "invalid", accepted.text

    for name in good:
        for value in () if (route.operation_id, name) in BY_KIND else wrong(good[name]):
            problem = ensure_problem(await send(json=good | {name: value}), 400, 422)
            if problem["status"] == 422:
                assert problem["field"].startswith(name), (name, value, problem)
        if name in NAMES:
            for sign in ("\u202e", "\u2066", "\u2028", "\u0085", "\r\nBcc: "):
                problem = ensure_problem(await send(json=good | {name: f"ab{sign}cd"}), 422)
                assert problem["field"] == name
    for name in ("author_id", "role", "is_administrator", "__proto__", ""):
        problem = ensure_problem(await send(json=good | {name: 1}), 422)
        assert name in problem["detail"]


@pytest.mark.parametrize("route", bodied(), ids=lambda route: route.operation_id)
async def test_every_route_refuses_malformed_bodies(admin: Person, route: Any) -> None:
    method, path = address(route)
    good = GOOD[route.operation_id]
    first = next(name for name, value in good.items() if value is not None)
    send = partial(admin.client.request, method, path)
    unreadable = (
        b"{",
        b'{"a":NaN}',
        b'{"%b":Infinity}' % first.encode(),
        b'{"%b":"\xff"}' % first.encode(),
        b'{"%b":"\xed\xa0\x80"}' % first.encode(),
        b'{"%b":"\\ud800"}' % first.encode(),
        b'{"%b":"\\udc00\\ud800"}' % first.encode(),
        b"\xef\xbb\xbf{}",
        b'{"%b":' % first.encode() + b"[" * 20_000,
        b'{"%b":' % first.encode() + b'{"a":' * 20_000,
        b"not json",
        b'{"a":1}{"b":2}',
        json.dumps(good).encode("utf-16"),
    )
    for body in unreadable:
        ensure_problem(await send(content=body, headers=JSON), 400, 422)
    for other in (b"", b"[]", b"null", b"7", b'"text"', b'[{"a":1}]'):
        ensure_problem(await send(content=other, headers=JSON), 400, 422)
    most = route.request_max_body_size if isinstance(route.request_max_body_size, int) else 300_000
    ensure_problem(await send(content=b'{"a":"' + b"x" * most + b'"}', headers=JSON), 413)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "\x80",
        "",
    ):
        headers = {"Content-Type": kind.encode("latin-1")} if kind else {}
        raw = json.dumps(good).encode()
        problem = ensure_problem(await send(content=raw, headers=headers), 415)
        assert problem["code"] == "unsupported_media_type"


async def test_the_last_of_two_equal_keys_counts(admin: Person) -> None:
    answer = await admin.client.post(
        "/api/v1/previews", content=b'{"body":"first","body":"second"}', headers=JSON
    )
    assert answer.json()["html"] == "<p>second</p>\n"


def cursor(position: str) -> str:
    return urlsafe_b64encode(position.encode()).rstrip(b"=").decode()


NUMBERS = ("0", "-1", "9" * 19, "9" * 5000, "%D9%A3", "%00", "1_0")
TEXTS = ("%00", "%ff", "%ED%A0%80", "a%0d%0ab", "x" * 5000)
POSITIONS = (
    "[1,1]",
    '["",1]',
    '[""]',
    "[1e400,1]",
    "[-1,-1]",
    "[null]",
    "[" * 149,
    f"[{2**63},{2**63}]",
    f"[{2**31},1]",
    '["2020-01-01T00:00:00",1]',
    '["0001-01-01T00:00:00+14:00",1]',
    '["9999-12-31T23:59:59-14:00",1]',
    '["0001-01-01T00:00:00Z",1]',
    "{}",
    "[true,true]",
)
CURSORS = ("", "!!", "%00", "A" * 199, "A" * 300, *map(cursor, POSITIONS))
VALUES = {"after": CURSORS, "before": CURSORS, "number": NUMBERS, "branch": NUMBERS}
# The query parameters that each page reads.
PARAMETERS = {
    "/api/v1/sectors/mobility/topics": "after order tag",
    "/api/v1/topics/{topic}/posts": "after before order number branch",
    "/api/v1/gatherings": "after when sector",
    "/api/v1/cases": "after state sector reason",
    "/api/v1/ledger": "after sector action moderator reversed",
    "/api/v1/audit": "after kind sector",
    "/audit": "after kind sector",
    "/api/v1/inbox": "after only done",
    "/api/v1/me/export.zip": "anonymous",
    "/api/v1/rooms/{room}": "order",
    "/api/v1/rooms/{room}/questions": "after order state",
    "/api/v1/rooms/{room}/notices": "after column q",
    "/api/v1/rooms/{room}/choices": "after",
    "/": "done nothing[%00]",
    "/inbox": "after only done",
    "/m/{handle}": "after show",
    "/api/v1/members/{handle}/posts": "after",
    "/api/v1/members/{handle}/topics": "after",
    "/api/v1/members/{handle}/gatherings": "after",
    "/s/mobility": "after order tag",
    "/t/{topic}/cobalt-tracing": "after before order branch",
    "/r/{room}": "after order show",
    "/r/{room}/host": "form q undo",
    "/r/{room}/panel": "form q",
    "/r/{room}/polls": "edit",
    "/r/{room}/board": "after column q",
    "/signin": "next",
    "/verify": "token",
    "/reset": "token",
    "/claim-admin": "token",
}


@pytest.mark.parametrize("route", [*ROUTES, *page_routes], ids=lambda route: str(route))
async def test_path_parameters_refuse_invalid_values(admin: Person, route: Any) -> None:
    prefix = "/api/v1" if route in ROUTES else ""
    for path in route.paths:
        for place, kind in re.findall(r"\{(\w+):(\w+)\}", path):
            for value in NUMBERS if kind == "int" else TEXTS:
                bad = prefix + path.replace(f"{{{place}:{kind}}}", value)
                bad = re.sub(r"\{(\w+):\w+\}", lambda part: PLACES.get(part[1], "1"), bad)
                for method in route.http_methods - {"OPTIONS", "HEAD"}:
                    ensure_no_failure(await admin.client.request(method, bad, **body_for(route, method)))


def body_for(route: Any, method: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    if route in page_routes:
        return {"data": {"body": "x"}, "headers": {"Accept": "text/html"}}
    return {"json": GOOD[route.operation_id]} if route.operation_id in GOOD else {}


@pytest.mark.timeout(120)
async def test_query_parameters_refuse_invalid_values(app: Service, admin: Person) -> None:
    """Slow: every query parameter of every page is sent with every invalid value."""
    topic, room = (await a_topic(admin))["id"], await a_room(admin)
    for place, names in PARAMETERS.items():
        for name in names.split():
            orders = ("", "&order=time") if name in ("after", "before") else ("",)
            for value in VALUES.get(name, TEXTS):
                for order in orders:
                    path = place.format(topic=topic, room=room, handle=admin.handle)
                    ensure_no_failure(await admin.client.get(f"{path}?{name}={value}{order}"))


HEADERS = {
    "Authorization": ("\xff", "Bearer",  "Bearer " + "x" * 5000, "Basic YTpi", "Bearer \x80\xff", "bearer a b c"),
    "Cookie": ("tertulia=\xff", 'tertulia="\\000"', "tertulia=%00", ";;;=;tertulia", "tertulia=a; tertulia=b", "=" * 2000),
    "If-Match": ("", "\xff", '"99999999999999"', '"1","2"', '"-1"', "W/", '"\xb2"', "x" * 200),
    "If-None-Match": ("", "\xff", "W/", "," * 300, "x" * 500, '"1.0.0"'),
    "Idempotency-Key": ("", "\xff", "k" * 256, "a\tb", "k" * 10_000),
    "Accept": ("\xff", ";;;,,/;q=x", "text/html;q=nan", "a/b/c", "," * 2000),
    "Accept-Encoding": ("\xff", "gzip;q=nan", "gzip;;;"),
    "Accept-Language": ("\xff", "," * 1000),
    "Content-Type": ("\xff", ";;;", "application/json; charset=bogus", "application/json;" + "a=b;" * 1000, "/"),
    "Origin": ("\xff", "null", "http://", "http://[", "\x80://x"),
    "Sec-Fetch-Site": ("\xff", "same-origin, cross-site"),
    "User-Agent": ("\xff" * 500, "\x80", "<script>"),
    "X-Forwarded-For": ("\xff,\x80", "<script>", "1.2.3.4:99999", "::1", "[::", "," * 500),
    "X-Forwarded-Proto": ("javascript", "\xff", ",,,"),
    "X-Forwarded-Host": ("evil.example", "["),
    "Range": ("bytes=0-0", "bytes=-"),
    "Host": ("[", "a@b", "%00", "\xff\xfe", "[::1", "h:99999", "h:abc", "evil/x?", "evil#", "a b", "h" * 5000, "]", "a,b"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
async def test_headers_refuse_invalid_values(app: Service, admin: Person, name: str) -> None:
    topic = (await a_topic(admin))["id"]
    post = (await a_reply(admin, topic))["id"]
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", "/", {}),
        ("GET", f"/t/{topic}/cobalt-tracing", {}),
        ("GET", "/nothing", {}),
        ("GET", f"/api/v1/topics/{topic}/posts", {}),
        ("PATCH", f"/api/v1/posts/{post}", {"json": {"body": "again"}}),
        ("POST", f"/api/v1/topics/{topic}/posts", {"json": {"body": "more"}}),
        ("POST", "/api/v1/sessions", {"json": GOOD["sign_in"]}),
        ("POST", f"/t/{topic}/reply", {"data": {"body": "a form"}}),
    )
    async with app.client() as visitor:
        for client in (admin.client, visitor) if name in ("Authorization", "Cookie") else (admin.client,):
            for value in HEADERS[name]:
                for method, path, body in asked:
                    headers = {"Accept": b"text/html", name: value.encode("latin-1")}
                    ensure_no_failure(await client.request(method, path, headers=headers, **body))


async def test_host_headers_are_single_and_valid(app: Service) -> None:
    async with app.client() as client:
        for host in ("a@b", "[::1", "h:99999", "a b"):
            ensure_problem(await client.get("/", headers={"Host": host}), 400)
        for host in ("forum.example", "127.0.0.1:8420", "[::1]:8420", "FORUM.example"):
            assert (await client.get("/", headers={"Host": host})).status_code == 200


FORM_FIELDS = """
choice low most options take version word act allows_anonymous anonymous body country current
display_name duty email ends_at handle key kind lock login mode new next own_password password place
preview public restore revoke sector sectors set stakeholder_group starts_at state tags time_zone title
token version entry modules writers slow_seconds question_length premoderated about speakers room
language remove
""".split()
FORM_VALUES = (
    "",
    "nul\0",
    "x" * 30_000,
    "\u202e",
    "9" * 40,
    "-1",
    "vote 1 1 1 1",
    f"vote {10**17} 9",
    "live 1 0",
    f"{'9' * 18} agree 1",
    f"host {'9' * 30}",
    "moderator \x01",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "Europe",
    "../..",
)
BUTTONS = ("act", "set", "restore", "revoke", "duty", "state", "lock")


def forms() -> list[Any]:
    return [route for route in page_routes if "POST" in route.http_methods]


@pytest.mark.parametrize("route", forms(), ids=lambda route: sorted(route.paths)[0])
async def test_forms_refuse_invalid_values(admin: Person, route: Any) -> None:
    path = re.sub(r"\{(\w+):\w+\}", lambda part: PLACES.get(part[1], "1"), sorted(route.paths)[0])
    send = partial(admin.client.post, path)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    unreadable = (
        b"body=%ff",
        b"body=%ED%A0%80",
        b"\xff=\xff",
        b"body=%",
        b"a&b&c" * 500,
        b"%00=%00",
        b"{}",
        b"=&=",
    )
    for body in unreadable:
        ensure_no_failure(await send(content=body, headers=form))
    for value in FORM_VALUES:
        body = urlencode(dict.fromkeys(FORM_FIELDS, value), quote_via=quote).encode()
        ensure_no_failure(await send(content=body, headers=form))
    for value in ("nul\0", f"vote {10**17} 9"):
        for name in BUTTONS:
            body = urlencode({name: value}, quote_via=quote).encode()
            ensure_no_failure(await send(content=body, headers=form))
    for kind in (
        "application/json",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/plain",
        "\x80",
        "",
    ):
        headers = {"Content-Type": kind.encode("latin-1"), "Accept": "text/html"}
        ensure_no_failure(await send(content=b'--x\r\n\r\n{"body":"x"}', headers=headers))
    ensure_no_failure(await send(content=b"body=" + b"x" * 300_000, headers=form))


@pytest.mark.timeout(240)
async def test_schemathesis_finds_no_failure(app: Service, admin: Person) -> None:
    """Slow: Schemathesis sends valid and invalid requests to every route, and parses the whole API description."""
    member, other = await a_person(app), await a_person(app)
    topic = (await a_topic(member))["id"]
    post = (await a_reply(admin, topic))["id"]
    room = await a_room(admin)
    question = (await member.post(f"/rooms/{room}/questions", {"body": "Why?"})).json()["id"]
    column = (await admin.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    given = GOOD["post_notice"] | {"column": column}
    notice = (await member.post(f"/rooms/{room}/notices", given)).json()["id"]
    poll = (await admin.post(f"/rooms/{room}/polls", GOOD["draft_poll"])).json()["id"]
    gathering = f"/gatherings/{(await member.get(f'/rooms/{room}')).json()['gathering']}"
    known = {
        "topic_id": topic,
        "post_id": post,
        "room_id": room,
        "question_id": question,
        "column_id": column,
        "notice_id": notice,
        "poll_id": poll,
        "gathering_id": gathering.rpartition("/")[2],
        "slug": "mobility",
        "handle": other.handle,
        "session_id": 1,
        "body_slug": "steering-committee",
        "programme_id": (await admin.post(f"{gathering}/sessions", SESSION)).json()["id"],
    }
    await asyncio.to_thread(attack, app.url, admin.token, other.token, known)


def attack(url: str, token: str, expendable: str, known: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    with requests.Session() as session:
        for result in schema.get_all_operations():
            operation = result.ok()
            leaves = operation.method == "delete" and operation.path.endswith("/current")
            headers = {"Authorization": f"Bearer {expendable if leaves else token}"}
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                run = partial(try_case, session=session, headers=headers, known=known)
                try:
                    examples(operation.as_strategy(generation_mode=mode), run)
                except Unsatisfiable:
                    assert mode is GenerationMode.NEGATIVE, "there is always something to ask"


def examples(cases: st.SearchStrategy[Case], run: Callable[..., None]) -> None:
    # The same cases in every run, so that a failure can be reproduced.
    @settings(
        max_examples=4,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_real=st.booleans())
    def try_all(case: Case, is_real: bool) -> None:
        run(case, is_real=is_real)

    try_all()


def try_case(
    case: Case, *, is_real: bool, session: requests.Session, headers: dict[str, str], known: dict[str, Any]
) -> None:
    if is_real and case.path_parameters:
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
    response = case.call(session=session, headers=headers, timeout=20)
    answer = requests.Response()
    assert response.status_code < 500 or response.status_code == 503, (case.as_curl_command(), response.text)
    if response.status_code >= 400 and response.text:
        answer.status_code, answer._content = response.status_code, response.content
        answer.headers.update({name: values[0] for name, values in response.headers.items()})
        ensure_problem(answer, response.status_code)
