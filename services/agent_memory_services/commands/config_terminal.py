"""Checks and tables of the settings that a service finds in this environment."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_memory_services.kit.contract import environment
from agent_memory_services.kit.redis.client import StoreAddressError, connect
from agent_memory_services.kit.server.settings import ProcessSettings

_WIDE = 10_000


def problems(kind: type[ProcessSettings]) -> Iterator[str]:
    """Yield what would keep a service from starting, a line each."""
    try:
        settings = kind.load()
    except environment.SettingsError as error:
        yield from str(error).splitlines()
        return
    for name in kind.model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path) and not os.access(value, os.R_OK):
            yield f"{environment.source_of(kind, name, os.environ)}: cannot read {value}"
    try:
        connect(settings.redis_url)
    except StoreAddressError as error:
        yield f"{environment.variable_for(kind, 'redis_url')} {error}"


def show(kind: type[ProcessSettings], *, every: bool) -> int:
    """Print settings and where each comes from; answers the exit code."""
    try:
        settings = kind.load()
    except environment.SettingsError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False, highlight=False)
        return 1
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for name in kind.model_fields:
        source = environment.source_of(kind, name, os.environ)
        if source or every:
            shown = redacted(getattr(settings, name))
            table.add_row(
                name, Text(shown), source or f"default ({environment.variables_of(kind, name)[0]})"
            )
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
    return 0


def redacted(value: Any) -> str:
    """Return a setting's value without secrets."""
    match value:
        case SecretStr():
            return "***" if value.get_secret_value() else ""
        case environment.SecretUrl():
            return value.redacted
        case frozenset() | tuple():
            return ",".join(sorted(map(str, value)))
        case bool():
            return str(value).lower()
        case None:
            return ""
    return str(value)
