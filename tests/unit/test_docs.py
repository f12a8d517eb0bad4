"""Pages on their way into the site of the documentation."""

from pathlib import Path
from typing import Any

import yaml

import docs


class _Loader(yaml.SafeLoader):
    """Loader that leaves the tags of plugins alone."""


def listed(nav: Any) -> set[str]:
    """Pages of a table of contents."""
    if isinstance(nav, str):
        return {nav}
    parts = nav.values() if isinstance(nav, dict) else nav
    return {page for part in parts for page in listed(part)}


def test_every_page_stands_in_the_table_of_contents() -> None:
    """And the table names nothing else but generated references."""
    nav = yaml.load((docs.ROOT / "mkdocs.yml").read_text(), _Loader)["nav"]
    pages = listed(nav)
    assert set(docs.places().values()) <= pages
    others = pages - set(docs.places().values())
    assert all(page.startswith("reference/") for page in others)


def test_links_lead_to_pages_or_to_files_that_come_along(tmp_path: Path) -> None:
    """A link within the repository becomes one within the site; a folder keeps its words alone."""
    docs.Pages(tmp_path).write()
    start = (tmp_path / "clients.md").read_text()
    assert "](clients/python.md)" in start
    assert "](../" not in start
    architecture = (tmp_path / "architecture.md").read_text()
    assert "](files/protos/agent_memory/common/v1/error_reason.proto)" in architecture
    assert (tmp_path / "files/protos/agent_memory/common/v1/error_reason.proto").exists()


def test_lists_are_indented_as_the_site_reads_them() -> None:
    """What belongs to an item stays with it, and a list is set apart from the text before."""
    lines = ["Steps:", "1. Do", "", "   ```sh", "   x", "   ```", "- a", "  - b", "    c", "End"]
    assert list(docs.regular(lines)) == [
        *("Steps:", "", "1. Do", "", "    ```sh", "    x", "    ```"),
        *("", "- a", "    - b", "        c", "End"),
    ]
