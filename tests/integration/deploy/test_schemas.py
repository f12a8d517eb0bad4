"""Every object of every overlay is one that the supported versions of Kubernetes take."""

import copy
import json
from functools import cache
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from agent_memory_services.embedded.gateway.descriptors import own_descriptors, services_by_backend
from tests.integration.deploy.conftest import Objects
from tests.integration.deploy.custom_resources import SCHEMAS
from tests.integration.deploy.manifests import Object, named, of_kind

# The oldest that is supported, one between, the newest.
VERSIONS = ("1.30", "1.34", "1.37")


def _different(rendered: dict[str, Objects], *, custom: bool) -> list[Object]:
    """Each object once, whatever the namespaces and the number of overlays it is in."""
    found: dict[str, Object] = {}
    for one in (one for objects in rendered.values() for one in objects):
        plain = copy.deepcopy(one)
        plain["metadata"].pop("namespace", None)
        if (one["kind"] in SCHEMAS) == custom:
            found[json.dumps(plain, sort_keys=True)] = plain
    return list(found.values())


@cache
def _definitions(folder: str) -> Registry:
    """What the schemas of one version refer to, read once for all objects."""
    resource = Resource.from_contents(_schema(folder, "_definitions"))
    return (resource @ Registry()).crawl()


def _schema(folder: str, name: str) -> dict[str, Any]:
    package = resources.files("kubernetes_validate")
    file = package / "kubernetes-json-schema" / folder / f"{name}.json"
    schema: dict[str, Any] = json.loads(file.read_bytes())
    return schema


def _validate(one: Object, version: str) -> None:
    """Find no field that is misspelt, misplaced or unknown to the version.

    Raises:
        ValidationError: one is.
    """
    folder = f"v{version}.0-local-strict"
    api, _, number = one["apiVersion"].rpartition("/")
    group = f"{api.partition('.')[0]}-{number}" if api else number
    schema = _schema(folder, f"{one['kind'].lower()}-{group}")
    Draft202012Validator(schema, registry=_definitions(folder)).validate(one)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_fits_the_schema(rendered: dict[str, Objects], version: str) -> None:
    """No field is misspelt, misplaced or unknown to this version."""
    for one in _different(rendered, custom=False):
        _validate(one, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_misspelt_field_is_noticed(rendered: dict[str, Objects], version: str) -> None:
    """The schemas are strict."""
    deployment = copy.deepcopy(named(rendered["prod"], "Deployment", "extraction")) or {}
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(ValidationError, match="readynessProbe"):
        _validate(deployment, version)


def test_custom_resources_fit_their_definitions(rendered: dict[str, Objects]) -> None:
    """Objects of other makers' kinds say nothing that their definitions lack."""
    found = _different(rendered, custom=True)
    assert {one["kind"] for one in found} == set(SCHEMAS)
    for one in found:
        Draft202012Validator(SCHEMAS[one["kind"]]).validate(one)


def test_a_misspelt_route_is_noticed(rendered: dict[str, Objects]) -> None:
    """Their schemas are strict too."""
    (route,) = copy.deepcopy(of_kind(rendered["example"], "GRPCRoute"))
    route["spec"]["rules"][0]["matches"][0]["method"]["services"] = "x"
    with pytest.raises(ValidationError, match="services"):
        Draft202012Validator(SCHEMAS["GRPCRoute"]).validate(route)


def test_routes_name_every_service(rendered: dict[str, Objects]) -> None:
    """Each service of the contracts is reached by gRPC and by gRPC-Web."""
    names = {name for some in services_by_backend(own_descriptors()).values() for name in some}
    (by_grpc,) = of_kind(rendered["example"], "GRPCRoute")
    (by_http,) = of_kind(rendered["example"], "HTTPRoute")
    assert {m["method"]["service"] for m in by_grpc["spec"]["rules"][0]["matches"]} == names
    paths = {match["path"]["value"] for match in by_http["spec"]["rules"][0]["matches"]}
    assert {f"/{name}" for name in names} < paths
