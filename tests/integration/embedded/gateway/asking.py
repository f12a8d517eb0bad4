"""HTTP requests to a gateway."""

import asyncio
import http.client
import json
from contextlib import closing
from typing import Any, NamedTuple

from agent_memory_services.embedded.gateway.process import EmbeddedGateway


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The reason in the ErrorInfo of an error."""
        return str(self.json["details"][0]["reason"])


async def ask(
    gateway: EmbeddedGateway, method: str, path: str, body: Any = None, **headers: str
) -> Answer:
    """One HTTP/1.1 request; header names have `_` for `-`, a body is sent as JSON or as it is."""

    def send() -> Answer:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection(*gateway.listen, timeout=60)) as connection:
            connection.request(method, path, content, named)
            with connection.getresponse() as response:
                received = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, received, response.read())

    return await asyncio.to_thread(send)
