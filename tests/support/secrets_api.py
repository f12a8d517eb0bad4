"""As much of the API of Kubernetes as serves Secrets, over TLS, to the holder of one token."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from tests.support.credentials import Authority

TOKEN: Final = "the-token-of-the-account"
_SECRETS: Final = "/api/v1/namespaces/memory/secrets/"


class SecretsApi:
    """Secrets by their names; who does not hold the token is nobody.

    Attributes:
        url: where it listens.
        secrets: their fields, in plain text; a name that is missing is no Secret.
        forbidden: names that the token may not touch.
        before_write: is called before each write, as if somebody else were quicker.
    """

    def __init__(self, port: int) -> None:
        self.url = f"https://localhost:{port}"
        self.secrets: dict[str, dict[str, str]] = {
            "agent-memory-service": {},
            "agent-memory-admin": {},
        }
        self.forbidden: set[str] = set()
        self.before_write: Callable[[], object] = lambda: None

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        """Answer a call by its status and its body."""
        name = path.partition("?")[0].removeprefix(_SECRETS)
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        if name in self.forbidden:
            return 403, {"message": f'secrets "{name}" is forbidden: User cannot {method}'}
        if name not in self.secrets:
            return 404, {"message": f'secrets "{name}" not found'}
        if method == "PATCH":
            self.before_write()
            if body["metadata"]["resourceVersion"] != self._version(name):
                return 409, {"message": "the object has been modified"}
            new = {key: base64.b64decode(value).decode() for key, value in body["data"].items()}
            self.secrets[name] |= new
        data = {
            key: base64.b64encode(value.encode()).decode()
            for key, value in self.secrets[name].items()
        }
        metadata = {"name": name, "resourceVersion": self._version(name)}
        # An empty Secret has no `data`.
        return 200, {"metadata": metadata, **({"data": data} if data else {})}

    def _version(self, name: str) -> str:
        return str(hash(tuple(sorted(self.secrets[name].items()))))


@contextmanager
def serving_secrets(folder: Path, authority: Authority) -> Iterator[SecretsApi]:
    """Serve them, with a certificate of the authority for `localhost`."""
    certificate = authority.issue("api")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "api.key")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization", "")
            status, said = api.answer(self.command, self.path, token, body)
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PATCH = _answer  # noqa: N815 # names of the library

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        api = SecretsApi(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
