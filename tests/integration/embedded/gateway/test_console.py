"""The gateway serves the console's files, and nothing else of its machine."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from scripts import console as building

from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.console import own_console
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from tests.integration.embedded.gateway.asking import Answer, ask
from tests.integration.embedded.gateway.conftest import Echo

PAGE = b"<!doctype html><title>Console</title>" + b" " * 2000
SCRIPT = b"export const answer = 42;\n" * 100
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    echo: Echo, echo_descriptors: bytes, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EmbeddedGateway]:
    """A gateway that serves a small console, beside a file that is nobody's business."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "files/assets/part").mkdir(parents=True)
    (folder / "files/index.html").write_bytes(PAGE)
    (folder / "files/assets/app-1a2b.js").write_bytes(SCRIPT)
    (folder / "files/assets/font-3c4d.woff2").write_bytes(b"wOF2" * 400)
    (folder / "secret.js").write_text("secret")
    listen = Address("127.0.0.1", free_port())
    config = bootstrap(
        echo_descriptors,
        listen=listen,
        backends={"echo": Address("127.0.0.1", echo.port)},
        hosts=LOOPBACK_HOSTS,
        console=str(folder / "files"),
    )
    async with EmbeddedGateway(folder, listen, config) as running:
        yield running


def _plain(answer: Answer) -> bytes:
    packed = answer.headers.get("content-encoding") == "gzip"
    return gzip.decompress(answer.body) if packed else answer.body


@pytest.mark.parametrize("path", ["/console/", "/console/search?q=tea", "/console/any/deep/link"])
async def test_every_path_is_the_page(served: EmbeddedGateway, path: str) -> None:
    """A link into the console leads there, and the page is asked for anew each time."""
    answer = await ask(served, "GET", path, accept_encoding="gzip")
    assert (answer.status, _plain(answer)) == (200, PAGE)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_its_address_without_a_slash_leads_to_it(served: EmbeddedGateway) -> None:
    """On the same host and port, whatever these are called."""
    answer = await ask(served, "GET", "/console")
    assert (answer.status, answer.headers["location"]) == (302, "/console/")


@pytest.mark.parametrize(
    ("name", "kind", "packed"),
    [
        ("app-1a2b.js", "text/javascript; charset=utf-8", True),
        ("font-3c4d.woff2", "font/woff2", False),
    ],
)
async def test_an_asset_is_kept_for_good(
    served: EmbeddedGateway, name: str, kind: str, *, packed: bool
) -> None:
    """Its name changes with its content. What is compressed already is not compressed again."""
    answer = await ask(served, "GET", f"/console/assets/{name}", accept_encoding="gzip")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == kind
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert len(_plain(answer)) >= 1600


@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "",
        "part",
        "../index.html",
        "../../secret.js",
        "%2e%2e/%2e%2e/secret.js",
        "..%2f..%2fsecret.js",
        "/etc/hostname",
        "%2fetc%2fhostname",
        "..%2f..%2fsecret.js%00",
    ],
)
async def test_nothing_else_is_an_asset(served: EmbeddedGateway, path: str) -> None:
    """Whatever is asked for, nothing outside the folder is shown, and no refusal is kept."""
    answer = await ask(served, "GET", f"/console/assets/{path}")
    assert answer.body not in {PAGE, SCRIPT, b"secret"}
    assert answer.status in {400, 403, 404}
    assert answer.headers.get("cache-control", "no-store") == "no-store"


async def test_files_are_only_read(served: EmbeddedGateway) -> None:
    """No other method is served there."""
    for path in ("/console/", "/console/assets/app-1a2b.js"):
        for method in ("POST", "PUT", "DELETE"):
            assert (await ask(served, method, path, {})).status in {404, 405}


async def test_answers_of_services_are_not_compressed(served: EmbeddedGateway) -> None:
    """Their length would tell of a secret beside a stranger's text."""
    body = {"text": "tea " * 2000}
    answer = await ask(served, "POST", "/v1/echo", body, accept_encoding="gzip")
    assert answer.status == 200
    assert "content-encoding" not in answer.headers
    assert "content-security-policy" not in answer.headers


async def test_it_is_served_where_it_is_asked_for(gateway: EmbeddedGateway) -> None:
    """A gateway without the folder knows no console."""
    answer = await ask(gateway, "GET", "/console/")
    assert (answer.status, answer.reason) == (404, "UNIMPLEMENTED")


async def test_the_built_console_is_that_of_its_source() -> None:
    """`make console` was run after the last change of the source."""
    digest = (own_console() / building.DIGEST).read_text().strip()
    assert digest == building.digest()


async def test_the_built_console_is_small_and_asks_nobody_else() -> None:
    """It is part of the repository and of the wheel; its page names files of its own alone."""
    files = [path for path in own_console().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_100_000
    page = (own_console() / "index.html").read_text()
    assert "://" not in page
    assert all(
        Path(path).suffix in {".js", ".css", ".svg", ".woff2", ".html", ".sha256", ".txt"}
        for path in files
    )
