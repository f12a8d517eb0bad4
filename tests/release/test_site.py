"""Site of the documentation, as it is built."""

import json
import re
from pathlib import Path

import pytest

from tests.release.conftest import ROOT, run

pytestmark = pytest.mark.release


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built anew; a link or an anchor that leads nowhere fails the build."""
    run(ROOT / ".venv/bin/python", "scripts/docs.py", folder=ROOT)
    return ROOT / "dist/docs"


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    """Scripts, styles, fonts and pictures are of the site; links may lead elsewhere."""
    loaded = re.compile(
        r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
        r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload|icon)[^>]*\bhref=[\"']?(?:https?:)?//"
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert [page.name for page in pages if loaded.search(page.read_text())] == []
    styles = [
        path for path in site.rglob("*.css") if re.search(r"url\(\"?https?:", path.read_text())
    ]
    assert styles == []


def test_the_search_knows_every_part(site: Path) -> None:
    """Also of the generated references; its index is a file beside the pages."""
    index = json.loads((site / "search/search_index.json").read_text())
    places = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"quickstart.html", "reference/errors.html", "reference/api/extraction.html"} <= places
    texts = " ".join(entry["text"] for entry in index["docs"])
    assert all(word in texts for word in ("append-only", "OWNER_MISMATCH", "--redis-url"))
