"""Site of the documentation, of the pages in `docs` and what is generated: `make docs`.

The pages are written for whoever reads them in the repository. Here they are brought together with
the clients' own pages and the generated references in `build/docs`, and links are led to where
things are in the site: a file of the repository that a page links to comes along. The site asks
nothing of another host, and `mkdocs` refuses a link or an anchor that leads nowhere.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STAGE: Final = ROOT / "build/docs"
SITE: Final = ROOT / "dist/docs"
ENVIRONMENT: Final = ROOT / ".venv-docs"
# Pages outside of `docs` -> their place in the site.
ELSEWHERE: Final = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "vulnerabilities.md",
    "clients/go/README.md": "clients/go.md",
    "clients/java/README.md": "clients/java.md",
    "clients/python/README.md": "clients/python.md",
    "clients/typescript/README.md": "clients/typescript.md",
    "deploy/compose/README.md": "operations/compose.md",
}
# Shown by other pages of the site.
_INSTEAD: Final = {"README.md": "README.md", "protos/agent_memory": "reference/api/common.md"}
_FONT: Final = "services/agent_memory_services/embedded/console/assets"
_LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)|(!)\[([^\]]*)\]\(([^)\s]+)\)")
# What the theme's plugin asks of another host -> what comes along instead.
_SHIM: Final = "https://unpkg.com/iframe-worker/shim"
_OWN_SHIM: Final = "site/iframe-worker.js"
_FENCE: Final = re.compile(r"^\s*(```|~~~)")
_ITEM: Final = re.compile(r"^(\s*)([-*]|\d+\.)(\s+)")


def places() -> dict[str, str]:
    """Map each page of the repository to its place in the site."""
    docs = ROOT / "docs"
    own = {
        f"docs/{path.relative_to(docs).as_posix()}": path.relative_to(docs).as_posix()
        for path in sorted(docs.rglob("*.md"))
    }
    return own | ELSEWHERE


class Pages:
    """Pages of the repository on their way into the site."""

    def __init__(self, stage: Path) -> None:
        """Take the folder that the site is built from."""
        self._stage = stage
        self._places = places()

    def write(self) -> None:
        """Write every page, with links as the site needs them, and the files that they link to."""
        for source, place in self._places.items():
            target = self._stage / place
            target.parent.mkdir(parents=True, exist_ok=True)
            text = (ROOT / source).read_text(encoding="utf-8")
            lines = [self._line(source, place, line) for line in _outside(text)]
            target.write_text("\n".join(regular(lines)) + "\n", encoding="utf-8")

    def _line(self, source: str, place: str, line: tuple[str, bool]) -> str:
        text, is_code = line
        if is_code:
            return text

        def led(found: re.Match[str]) -> str:
            mark = "!" if found[3] else ""
            label, link = (found[4], found[5]) if mark else (found[1], found[2])
            there = self._there(source, place, link)
            return f"{mark}[{label}]({there})" if there else label

        return _LINK.sub(led, text)

    def _there(self, source: str, place: str, link: str) -> str:
        """Answer where a link of a page leads in the site; empty for nowhere."""
        path, mark, anchor = link.partition("#")
        if not path or re.match(r"[a-z]+:", link):
            return link
        target = os.path.normpath(Path(source).parent / path)
        inside = self._places.get(target) or self._places.get(f"{target}/README.md")
        inside = inside or _INSTEAD.get(target) or self._brought(target)
        if not inside:
            return ""
        relative = os.path.relpath(inside, Path(place).parent)
        return f"{relative}{mark}{anchor}"

    def _brought(self, target: str) -> str:
        """Copy a file of the repository into the site; answer its place there."""
        file = ROOT / target
        if not file.is_file():
            return ""
        place = target.removeprefix("docs/") if target.startswith("docs/") else f"files/{target}"
        copy = self._stage / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
        return place


def _outside(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it is of a block of code."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1] == fence:
                fence = ""
        else:
            fence = mark[1] if mark else ""
            yield line, bool(mark)


def regular(lines: list[str]) -> Iterator[str]:
    """Indent lists by four, and set them apart, as this dialect of Markdown wants it."""
    widths: list[int] = []
    before = ""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            yield line
        else:
            while widths and indent < widths[-1]:
                widths.pop()
            item = _ITEM.match(line)
            shift = 4 * len(widths) - (widths[-1] if widths else 0)
            if item and before.strip() and not widths and not _ITEM.match(before):
                yield ""
            yield " " * shift + line if shift > 0 else line
            if item:
                widths.append(len(item[0]))
        before = line


def generate(stage: Path) -> None:
    """Write the references that come from the contracts and from the program."""
    import generate as sources  # noqa: PLC0415 - both need the environment of the services
    import reference  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        contract = reference.Contract(sources.build_image(Path(name)))
    written = {f"api/{page}": text for page, text in contract.pages().items()}
    written |= {"errors.md": contract.errors(), "commands.md": reference.command_page()}
    for page, text in written.items():
        target = stage / "reference" / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def keep_to_itself(site: Path) -> None:
    """Let every page of the built site load its scripts from the site alone."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        own = os.path.relpath(site / _OWN_SHIM, page.parent)
        page.write_text(text.replace(_SHIM, own), encoding="utf-8")


def main() -> None:
    """Put the pages together and build the site."""
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir(parents=True)
    Pages(STAGE).write()
    generate(STAGE)
    fonts = STAGE / "site/fonts"
    fonts.mkdir(parents=True)
    for name in ("style.css", "iframe-worker.js"):
        shutil.copy(ROOT / "docs/site" / name, STAGE / "site")
    (font,) = (ROOT / _FONT).glob("ibm-plex-sans-latin-wght-normal-*.woff2")
    shutil.copy(font, fonts / "ibm-plex-sans-latin.woff2")
    command = (ENVIRONMENT / "bin/mkdocs", "build", "--strict", "--clean", "--quiet")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit("the site has pages or links that are wrong, as said above")
    keep_to_itself(SITE)
    print(SITE / "index.html")


if __name__ == "__main__":
    main()
