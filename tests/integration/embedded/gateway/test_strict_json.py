"""A JSON body is understood in full or refused; no field is dropped without a word."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from tests.integration.embedded.gateway.asking import ask

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "hi", "repeatCount": 1, "part": {"inner_part": {"innerPart": {"word": "a"}}}},
        {"parts": [{"word": "a"}, {"inner_part": None}], "labels": {"any key": "value"}},
        {"named_parts": {"any key": {"word": "a"}}, "namedParts": {}},
        {"anything": {"free": [{"form": True}, -1.5e3, None]}, "pause": "0.015s"},
        {"text": 'quotes " and \\ and \u2028 and [{,'},
        {},
    ],
)
async def test_known_fields_pass(gateway: EmbeddedGateway, body: dict[str, Any]) -> None:
    """Fields under both of their names, maps and free-form values are taken."""
    for text in (json.dumps(body), json.dumps(body, indent=2, ensure_ascii=False)):
        answer = await ask(gateway, "POST", "/v1/echo", text.encode())
        assert answer.status == 200, answer.body
        assert answer.json["text"] == body.get("text", "")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"txet": "hi"}, "txet"),
        ({"text": "hi", "part": {"inner_part": {"wrod": "a"}}}, "part.inner_part.wrod"),
        ({"parts": [{"word": "a"}, {"wrod": "b"}]}, "parts.wrod"),
        ({"named_parts": {"key": {"wrod": "a"}}}, "named_parts.key.wrod"),
    ],
)
async def test_unknown_field_is_refused(
    gateway: EmbeddedGateway, body: dict[str, Any], path: str
) -> None:
    """A field that the message lacks is named by its path, however deep it is."""
    answer = await ask(gateway, "POST", "/v1/echo", body)
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
    assert answer.json["message"] == f'unknown field "{path}"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (rb'{"text":"\ud800"}', "text: must be Unicode text"),
        (rb'{"part":{"word":"a\uDFFF"}}', "part.word: must be Unicode text"),
        (rb'{"anything":{"a":[1,"\ud83d\ud83d"]}}', "anything.a: must be Unicode text"),
        (rb'{"labels":{"\udc00\ud800":"x"}}', "labels: must be Unicode text"),
        (b'{"anything":{"a":1e999}}', "anything.a: must be a finite number"),
        (b'{"anything":{"a":[-1e400]}}', "anything.a: must be a finite number"),
        (b'{"anything":{"a":NaN}}', "anything.a: must be a finite number"),
        (b'{"repeatCount":-Infinity}', "repeatCount: must be a finite number"),
    ],
)
async def test_what_no_message_can_hold_is_refused_by_its_path(
    gateway: EmbeddedGateway, body: bytes, message: str
) -> None:
    """Half a character, and numbers without end."""
    answer = await ask(gateway, "POST", "/v1/echo", body)
    assert (answer.status, answer.reason, answer.json["message"]) == (400, "INVALID_FIELD", message)


_TIME = "must be a time such as 2024-01-31T12:00:00Z"
_SECRET = "Sesame"


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"moment": _SECRET}, "moment", _TIME),
        ({"moment": 1_700_000_000}, "moment", _TIME),
        ({"moment": f"2024-02-30T00:00:00Z{_SECRET}"}, "moment", _TIME),
        ({"pause": f"1{_SECRET}"}, "pause", "must be a duration such as 1.5s"),
        ({"repeat_count": _SECRET}, "repeat_count", "must be a whole number"),
        ({"repeatCount": 1.5}, "repeat_count", "must be a whole number"),
        ({"answering": _SECRET}, "answering", "must be a value of its enumeration"),
        ({"text": 5}, "text", "must be a text"),
        ({"labels": {_SECRET: 1}}, "labels[0].value", "must be a text"),
        ({"part": _SECRET}, "part", "must be an object of its fields"),
        (
            b'{"moment": "Sesame", "pause": 00}',
            "",
            "the request is not valid JSON of this interface",
        ),
        (b'{"text": "Sesame\xff"}', "", "the request is not valid JSON of this interface"),
        ({"parts": [{"word": [_SECRET]}]}, "", "the request is not valid JSON of this interface"),
    ],
)
async def test_a_value_of_another_type_is_refused_by_its_path_and_not_repeated(
    gateway: EmbeddedGateway, body: dict[str, Any] | bytes, field: str, rule: str
) -> None:
    """In the same shape in which the services refuse fields, in a body and in a query."""
    answers = [await ask(gateway, "POST", "/v1/echo", body)]
    if isinstance(body, dict) and all(
        isinstance(value, str | int | float) for value in body.values()
    ):
        answers.append(await ask(gateway, "GET", f"/v1/echo/a?{urlencode(body)}"))
    for answer in answers if field != "text" else answers[:1]:
        assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
        assert answer.headers["content-type"] == "application/json"
        assert _SECRET not in answer.body.decode()
        assert answer.json["message"] == (f"{field}: {rule}" if field else rule)
        (violation,) = answer.json["details"][1]["field_violations"]
        assert violation == {"field": field, "description": rule}


async def test_what_stands_for_the_name_of_a_field_is_repeated_as_far_as_it_is_plain(
    gateway: EmbeddedGateway,
) -> None:
    """Whatever it holds, the answer is JSON with one reason."""
    for name in ('a"b', "a\\b", "a\nb", "a\0b", "\u00e9" * 300, "<script>", "%LOCAL_REPLY_BODY%"):
        for answer in (
            await ask(gateway, "POST", "/v1/echo", {name: 1}),
            await ask(gateway, "GET", f"/v1/echo/a?{quote(name)}=1"),
        ):
            assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
            assert answer.json["message"].startswith('unknown field "')
            assert len(answer.body) < 2000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"txet":1}', ""),
        (b'{"part":{"innerPart":{"wrod":1}}}', "part.inner_part"),
        (b'{"parts":[{},{"word":"a"},{"innerPart":{"wrod":1}}]}', "parts[2].inner_part"),
        (b'{"namedParts":{"a key":{"wrod":1}}}', "named_parts"),
        (b'{"parts":[{"innerPart":{"word":"\\ud800"}}]}', "parts[0].inner_part.word"),
        (b'{"parts":[{},[{},{"word":"\\ud800"}]]}', "parts[1].word"),
        (b'{"parts":[[[{"wrod":1}]]]}', "parts[0]"),
        (b'{"anything":{"aKey":[{"b":1e999}]}}', "anything"),
        (b'{"repeatCount":NaN}', "repeat_count"),
        (b'{"text"', ""),
    ],
)
async def test_a_violation_names_a_field_that_there_is(
    gateway: EmbeddedGateway, body: bytes, field: str
) -> None:
    """As the contract writes it, with the place in a list; for an unknown one what it is in."""
    answer = await ask(gateway, "POST", "/v1/echo", body)
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
    (violation,) = answer.json["details"][1]["field_violations"]
    assert violation["field"] == field
    assert violation["description"]


async def test_a_body_that_is_one_field_is_named_by_it(gateway: EmbeddedGateway) -> None:
    """A violation in it has the path from the request, as the services' own have."""
    answer = await ask(gateway, "PATCH", "/v1/echo/a", {"innerPart": {"wrod": 1}})
    (violation,) = answer.json["details"][1]["field_violations"]
    assert violation["field"] == "part.inner_part"


async def test_whole_characters_pass_however_they_are_spelled(gateway: EmbeddedGateway) -> None:
    """A pair of surrogates is one of them, and an escaped backslash begins none."""
    answer = await ask(gateway, "POST", "/v1/echo", rb'{"text":"\uD83D\uDE00 \\ud800 \\\u0041"}')
    assert answer.json["text"] == "\N{GRINNING FACE} \\ud800 \\A"


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/v1/echo/a"), ("PATCH", "/v1/echo/a/"), ("POST", "/v1/echo/?")]
)
async def test_every_way_to_a_method_is_checked(
    gateway: EmbeddedGateway, method: str, path: str
) -> None:
    """A body that is one field, and paths that the transcoder tolerates, are checked too."""
    answer = await ask(gateway, method, path, {"wrod": "a"})
    assert (answer.status, answer.json["message"]) == (400, 'unknown field "wrod"')


@pytest.mark.parametrize(
    ("body", "byte"),
    [
        (b'{"text":', 9),
        (b'{"text":"hi}', 9),
        (b"{'text':'hi'}", 2),
        (b"{text:1}", 2),
        (b'{"text":"hi",}', 14),
        (b'{"text":"hi"} {}', 15),
        (b'{"text" "hi"}', 9),
        (b"[1 2]", 4),
        (b"  ", 3),
    ],
)
async def test_anything_but_json_is_refused(
    gateway: EmbeddedGateway, body: bytes, byte: int
) -> None:
    """The transcoder would accept more than JSON; the check says where JSON ends."""
    answer = await ask(gateway, "POST", "/v1/echo", body)
    assert answer.status == 400
    assert answer.json["message"] == f"the body is not valid JSON at byte {byte}"


async def test_endless_nesting_is_refused(gateway: EmbeddedGateway) -> None:
    """A body that only opens objects is answered, and the gateway goes on."""
    answer = await ask(gateway, "POST", "/v1/echo", b'{"part":' * 100_000)
    assert answer.status == 400
    assert (await ask(gateway, "POST", "/v1/echo", {"text": "hi"})).status == 200
