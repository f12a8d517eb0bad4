"""Components that are shipped, their licences and their bills of materials.

`python scripts/components.py` holds the licence of everything that is shipped, or that a user of a
release installs with it, against the list in `requirements/licences.toml`; it needs no network and
no toolchain. `scripts/release.py` writes the bills of materials (CycloneDX 1.6).
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).resolve().parent.parent
RULES: Final = "requirements/licences.toml"
Ecosystem = Literal["python", "npm", "go", "maven"]
# What each lock is for is said in `scripts/lock.py`; the others are of the development alone.
_SHIPPED_LOCKS: Final = ("services.lock", "multilingual.lock")
PACKAGE_LOCKS: Final = ("clients/typescript/package-lock.json", "console/package-lock.json")
_CLIENT: Final = "agent-memory-suite-client"
_EMBEDDED: Final = "embedded"
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_GO_MODULE: Final = re.compile(r"^\t?(?:require )?([\w./-]+\.[\w./-]+) (v\S+)", re.MULTILINE)
_BRACKETS: Final = re.compile(r"\(([^()]*)\)")
_GROUP: Final = re.compile(r"<groupId>([\w.-]+)</groupId>")
_OWN_GROUPS: Final = ("io.agentmemory", "org.apache.maven.plugins", "org.junit.jupiter")


@dataclass(frozen=True, order=True, slots=True)
class Component:
    """Package that is shipped or installed beside what is shipped.

    Attributes:
        name: as its registry knows it; of Maven, the group and the artifact with a colon between.
        version: exact version; empty where only the package matters.
        ecosystem: registry that it comes from.
        licence: expression of SPDX identifiers; empty where unknown.
        hashes: digests in hexadecimal, by their algorithm as CycloneDX names it.
    """

    name: str
    version: str
    ecosystem: Ecosystem
    licence: str
    hashes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def purl(self) -> str:
        """Package URL."""
        kind = {"python": "pypi", "go": "golang"}.get(self.ecosystem, self.ecosystem)
        name = self.name.replace("@", "%40").replace(":", "/")
        return f"pkg:{kind}/{name}@{self.version}"


@cache
def rules() -> dict[str, Any]:
    """Read what is allowed, and what metadata does not say."""
    return tomllib.loads((ROOT / RULES).read_text(encoding="utf-8"))


def is_allowed(licence: str) -> bool:
    """Tell whether an expression of SPDX identifiers can be fulfilled with allowed ones."""
    while inner := _BRACKETS.search(licence):
        value = rules()["allowed"][0] if _fulfilled(inner[1]) else ""
        licence = licence[: inner.start()] + value + licence[inner.end() :]
    return _fulfilled(licence)


def _fulfilled(expression: str) -> bool:
    """Evaluate an expression without brackets: AND binds more tightly than OR."""
    allowed = {*rules()["allowed"]}
    parts = expression.split(" OR ")
    return any(allowed.issuperset(map(str.strip, part.split(" AND "))) for part in parts)


def refused(components: Iterable[Component]) -> list[str]:
    """Describe every component whose licence is unknown or not allowed, once."""
    exceptions = rules()["exceptions"]
    return sorted(
        {
            f"{each.ecosystem} {each.name}: {each.licence or 'no licence is known'}"
            for each in components
            if not is_allowed(each.licence) and each.name not in exceptions
        }
    )


def python_licence(name: str) -> str:
    """Find the licence of an installed distribution, or of one that is named in the rules."""
    if exception := rules()["exceptions"].get(name):
        return str(exception["licence"])
    if named := rules()["python"].get(name):
        return str(named)
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expressions := about.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [
        text.rpartition(" :: ")[2].partition(" (")[0]
        for text in about.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    (stated, *_) = [*(about.get_all("License") or []), *classifiers, ""]
    # Some state the whole text, which begins with the name.
    short = (stated.strip().splitlines() or [""])[0]
    return str(rules()["names"].get(short, short))


def locked(lock: str) -> list[Component]:
    """List the packages that a lock file pins, each version once."""
    pins = sorted(set(_PIN.findall((ROOT / "requirements" / lock).read_text(encoding="utf-8"))))
    return [Component(name, version, "python", python_licence(name)) for name, version in pins]


def required(distribution: str, extra: str = "") -> list[Component]:
    """List what an installed distribution asks for, directly or through others."""
    found: dict[str, Component] = {}
    ahead = [distribution]
    while ahead:
        name = ahead.pop()
        for text in metadata.requires(name) or []:
            wanted = Requirement(text)
            extras = (extra, "") if name == distribution else ("",)
            marker = wanted.marker
            if marker is not None and not any(marker.evaluate({"extra": each}) for each in extras):
                continue
            key = re.sub(r"[-_.]+", "-", wanted.name).lower()
            if key in found:
                continue
            try:
                version = metadata.version(key)
            except metadata.PackageNotFoundError:
                # Built of this repository, like the distribution itself.
                continue
            found[key] = Component(key, version, "python", python_licence(key))
            ahead.append(key)
    return sorted(found.values())


def npm(lock: str) -> list[Component]:
    """List what a lock of npm pins and a user gets: development is left out."""
    packages = json.loads((ROOT / lock).read_text(encoding="utf-8"))["packages"]
    return sorted(
        Component(
            path.rpartition("node_modules/")[2],
            package["version"],
            "npm",
            package.get("license", ""),
            _integrity(package.get("integrity", "")),
        )
        for path, package in packages.items()
        if path and not package.get("dev")
    )


def _integrity(text: str) -> Mapping[str, str]:
    """Turn npm's form of a digest into hexadecimal."""
    algorithm, _, digest = text.partition("-")
    if algorithm != "sha512":
        return {}
    return {"SHA-512": base64.b64decode(digest).hex()}


def go() -> list[Component]:
    """List the modules that the client in Go requires."""
    text = (ROOT / "clients/go/go.mod").read_text(encoding="utf-8").partition("\nrequire")[2]
    return sorted(
        Component(name, version, "go", rules()["go"].get(name, ""))
        for name, version in _GO_MODULE.findall(text)
    )


def maven_groups() -> list[Component]:
    """List the groups that the client in Java names, without those of its tests and plugins."""
    groups = set(_GROUP.findall((ROOT / "clients/java/pom.xml").read_text(encoding="utf-8")))
    known = rules()["maven"]
    return [
        Component(group, "", "maven", known.get(group, ""))
        for group in sorted(groups - set(_OWN_GROUPS))
    ]


def maven(class_path: str) -> list[Component]:
    """List the artifacts of a class path of Maven, which are files of its local repository."""
    found = []
    for path in filter(None, class_path.strip().split(":")):
        *folders, artifact, version, _ = Path(path).parts
        group = ".".join(folders[folders.index("repository") + 1 :])
        licence = rules()["maven"].get(group, "")
        found.append(Component(f"{group}:{artifact}", version, "maven", licence))
    return sorted(found)


def bill(
    name: str, version: str, components: Iterable[Component], when: datetime
) -> dict[str, object]:
    """Write a bill of materials; the same for the same components and time."""
    listed = [_entry(each) for each in sorted(set(components))]
    subject = {
        "bom-ref": f"{name}@{version}",
        "type": "library",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    content = json.dumps([subject, listed], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": when.astimezone(UTC).isoformat(timespec="seconds"),
            "component": subject,
        },
        "components": listed,
    }


def _entry(component: Component) -> dict[str, object]:
    licence = component.licence
    entry: dict[str, object] = {
        "bom-ref": component.purl,
        "type": "library",
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
    }
    if licence:
        entry["licenses"] = [{"expression": licence}]
    if component.hashes:
        entry["hashes"] = [{"alg": alg, "content": text} for alg, text in component.hashes.items()]
    return entry


def shipped() -> Iterator[Component]:
    """Yield every component that is shipped, or installed by users of what is shipped."""
    for lock in _SHIPPED_LOCKS:
        yield from locked(lock)
    yield from required("agent-memory-suite", _EMBEDDED)
    yield from required(_CLIENT)
    for lock in PACKAGE_LOCKS:
        yield from npm(lock)
    yield from go()
    yield from maven_groups()


def main() -> None:
    """Check the licences of all that is shipped."""
    components = set(shipped())
    if wrong := refused(components):
        sys.exit("\n".join([f"{RULES} does not allow:", *wrong]))
    print(f"{len(components)} components, each under a licence that {RULES} allows")


if __name__ == "__main__":
    main()
