"""Version of the product, which `pyproject.toml` states and every other file takes from there.

`python scripts/versions.py` writes it into all of them, as `make generate` does; with a version as
its argument it first writes that one into `pyproject.toml`.
"""

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = "pyproject.toml"
_NUMBER: Final = r"\d+\.\d+\.\d+(?:-[\w.]+)?"
_OWN: Final = rf'name = "agent-memory-suite(?:-client)?"\nversion = "({_NUMBER})"'
_NPM: Final = rf'\A\{{\s+"name": "[^"]+",\s+"version": "({_NUMBER})"'
_NPM_ROOT: Final = rf'"": \{{\s+"name": "[^"]+",\s+"version": "({_NUMBER})"'
_MAVEN: Final = rf"<artifactId>agent-memory-client</artifactId>\s+<version>({_NUMBER})</version>"
_IMAGE: Final = rf"agent-memory:({_NUMBER})"
_TAG: Final = rf"newTag: ({_NUMBER})"
_VALUE: Final = rf"(?m)\btag: ({_NUMBER})"
_CHART: Final = (rf"\nversion: ({_NUMBER})", rf"\nappVersion: ({_NUMBER})")
_REFERENCE: Final = rf"\?ref=v({_NUMBER})"
# File -> patterns whose group is the version.
STAMPED: Final[Mapping[str, tuple[str, ...]]] = {
    SOURCE: (rf'"agent-memory-suite-client==({_NUMBER})"',),
    "clients/python/pyproject.toml": (_OWN,),
    "clients/typescript/package.json": (_NPM,),
    "clients/typescript/package-lock.json": (_NPM, _NPM_ROOT),
    "clients/java/pom.xml": (_MAVEN,),
    "clients/java/README.md": (_MAVEN,),
    "console/package.json": (_NPM,),
    "console/package-lock.json": (_NPM, _NPM_ROOT),
    "deploy/compose/README.md": (_IMAGE,),
    "deploy/compose/compose.yaml": (_IMAGE,),
    "deploy/docker/Dockerfile": (_IMAGE,),
    "deploy/helm/agent-memory/Chart.yaml": _CHART,
    "deploy/helm/agent-memory/values.yaml": (_VALUE,),
    "deploy/kubernetes/base/kustomization.yaml": (_TAG,),
    "deploy/kubernetes/overlays/example/kustomization.yaml": (_TAG, _REFERENCE),
    "deploy/kubernetes/overlays/example/toolbox/kustomization.yaml": (_TAG,),
    "deploy/kubernetes/toolbox/kustomization.yaml": (_TAG,),
    "docs/clients.md": (rf"agent-memory-protos-({_NUMBER})",),
    "docs/operations/install.md": (_IMAGE, _REFERENCE, _VALUE),
}


def version(root: Path = ROOT) -> str:
    """Read the product's version."""
    project = tomllib.loads((root / SOURCE).read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def stamped(text: str, patterns: tuple[str, ...], number: str) -> str:
    """Replace the version wherever one of the patterns finds it.

    Raises:
        LookupError: a pattern finds nothing.
    """

    def replaced(found: re.Match[str]) -> str:
        start, end = (each - found.start() for each in found.span(1))
        return found[0][:start] + number + found[0][end:]

    for pattern in patterns:
        text, times = re.subn(pattern, replaced, text)
        if not times:
            raise LookupError(f"no version is found by {pattern}")
    return text


def stamp(root: Path = ROOT) -> list[str]:
    """Write the version into every file; answer the names of those that changed."""
    number = version(root)
    changed = []
    for name, patterns in STAMPED.items():
        path = root / name
        before = path.read_text(encoding="utf-8")
        after = stamped(before, patterns, number)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(name)
    return changed


def main() -> None:
    """Set the version, where one is given, and write it everywhere."""
    if numbers := sys.argv[1:]:
        if not re.fullmatch(_NUMBER, numbers[0]):
            sys.exit(f"{numbers[0]} is no version such as 1.2.3 or 1.2.3-rc.1")
        path = ROOT / SOURCE
        text = path.read_text(encoding="utf-8")
        path.write_text(stamped(text, (_OWN,), numbers[0]), encoding="utf-8")
    for name in stamp():
        print(name)


if __name__ == "__main__":
    main()
