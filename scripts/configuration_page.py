"""The reference of all settings, `docs/configuration.md`, from the models that read them."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agent_memory_services.commands.config import ServiceName
from agent_memory_services.commands.config_terminal import redacted
from agent_memory_services.kit.auth.settings import AuthSettings, TlsSettings
from agent_memory_services.kit.contract.environment import is_secret, keys_of
from agent_memory_services.kit.observe.tracing.export import TraceSettings
from agent_memory_services.kit.server.settings import LimitSettings, ProcessSettings

_INTRODUCTION = """\
# Configuration

<!-- Written by `make generate` from the settings' models. -->

A process is told everything by variables of its environment, and refuses to start when one of ours
(`AGENT_MEMORY_...`) is unknown, has no valid value, or does not fit another.

- A setting of every process, such as `AGENT_MEMORY_LISTEN`, can be said for one service alone under
  the service's own prefix: `AGENT_MEMORY_EXTRACTION_LISTEN`. The service's own wins.
- A secret (marked 🔒) can stand in a file instead: `AGENT_MEMORY_REDIS_URL_FILE` names the file.
- Lists are written with commas between.

```sh
agent-memory config check                  # would the three services start in this environment?
agent-memory config show extraction        # what is set, from which variable, without secrets
agent-memory config show extraction --all  # defaults too
```
"""
_SHARED: tuple[tuple[str, type[Any]], ...] = (
    ("Every process", ProcessSettings),
    ("Who calls", AuthSettings),
    ("TLS", TlsSettings),
    ("Limits", LimitSettings),
    ("Traces", TraceSettings),
)


def page() -> str:
    """The whole page."""
    shared = {name for _, kind in _SHARED for name in _own(kind)}
    parts = [_INTRODUCTION]
    parts += [_section(title, kind, _own(kind)) for title, kind in _SHARED]
    for service in ServiceName:
        kind = service.settings
        fields = [name for name in kind.model_fields if name not in shared]
        parts.append(_section(service.value.replace("-", " ").capitalize(), kind, fields))
    return "\n".join(parts)


def _own(kind: type[Any]) -> list[str]:
    """The fields that a class declares itself."""
    return [name for name in kind.__annotations__ if name in kind.model_fields]


def _section(title: str, kind: type[Any], names: Iterable[str]) -> str:
    lines = [f"## {title}", "", "| Variable | Default | Meaning |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(_row(kind, name) for name in names), ""])


def _row(kind: type[Any], name: str) -> str:
    field = kind.model_fields[name]
    first, *others = keys_of(kind, name)
    meaning = [str(field.description), *_limits(field)]
    if others:
        meaning.append(f"Else read from {' or '.join(f'`{key}`' for key in others)}.")
    secret = " 🔒" if is_secret(field) else ""
    return f"| `{first}`{secret} | {_default(field)} | {_cell(' '.join(meaning))} |"


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    shown = "" if default is PydanticUndefined or default == {} else redacted(default)
    return f"`{shown}`" if shown else ""


def _limits(field: FieldInfo) -> Iterator[str]:
    """What the value must be, where that is more than its type."""
    if choices := [str(one) for one in _choices(field.annotation)]:
        yield f"One of {', '.join(f'`{choice}`' for choice in choices)}."
    words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    bounds = [
        f"{word} {getattr(rule, key):g}"
        for rule in field.metadata
        for key, word in words.items()
        if isinstance(getattr(rule, key, None), int | float)
    ]
    if bounds:
        yield f"{' and '.join(bounds).capitalize()}."


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(page())
