"""Settings read from the environment, and URLs whose secrets are never shown."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self, get_args
from urllib.parse import SplitResult, urlunsplit

from pydantic import BaseModel, GetCoreSchemaHandler, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from agent_memory_services.kit.contract.numbers import LARGEST_EXACT, LONGEST_SECONDS

_HIDDEN = "***"
_HOSTS = re.compile(r"(?:(?:\[[^\[\]]*\]|[^\[\]:,]*)(?::[0-9]*)?(?:,|$))*").fullmatch
# As RFC 3986 gives it in appendix B.
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL that may name several hosts.

    `urlsplit` refuses an address of IPv6 after another host, depending on Python's version.
    """
    scheme, *rest = _PARTS.findall(url)[0]
    return SplitResult(scheme.lower(), *rest)


class SecretUrl(str):
    """A string to connect with; its `repr` leaves the credentials out."""

    __slots__ = ()

    @property
    def redacted(self) -> str:
        """The URL with `***` in place of user and password, and without its query.

        Of one that is no URL nothing is left but the scheme: any part may be one of the password.
        """
        parts = split_url(self)
        _, at, hosts = parts.netloc.rpartition("@")
        # A password with a slash, `#` or `?` in it ends the hosts too early.
        if not _HOSTS(hosts) or "@" in f"{parts.path}{parts.query}{parts.fragment}":
            return f"{parts.scheme}://{_HIDDEN}"
        netloc = f"{_HIDDEN}@{hosts}" if at else hosts
        return urlunsplit((parts.scheme, netloc, parts.path, "", ""))

    def __repr__(self) -> str:
        return repr(self.redacted)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls._of, core_schema.str_schema())

    @classmethod
    def _of(cls, text: str) -> Self:
        return cls(text)


PREFIX = "AGENT_MEMORY_"
# A secret may stand in a file instead, which this variable names.
FILE_SUFFIX = "_FILE"
# Keys under these are for others to judge: each service its own, the rest by its reader.
SECTIONS = ("WORKING_MEMORY", "LONG_TERM_MEMORY", "EXTRACTION", "UP", "GATEWAY", "CLIENT", "TEST")

_MOST = {"_seconds": LONGEST_SECONDS, "_days": LONGEST_SECONDS // 86_400}


class SettingsError(Exception):
    """The settings of a process are wrong; the message names the variables, never a value."""


class AddressTakenError(OSError):
    """An address that a setting names cannot be listened on."""

    def __init__(self, listen: str) -> None:
        super().__init__(f"cannot listen on {listen}: the address is taken or not ours")


@dataclass(frozen=True, slots=True)
class AlsoFrom:
    """Marks a field that is read from `key` too, where its own keys are absent."""

    key: str


class SectionedSettings(BaseSettings):
    """Settings of which some belong to every process and some to one section."""

    section: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Refuse a field that the reference could not describe."""
        for name, field in cls.model_fields.items():
            if not field.description:
                raise TypeError(f"{cls.__name__}.{name} has no description")

    @model_validator(mode="after")
    def _refuse_endless_numbers(self) -> Self:
        for name in type(self).model_fields:
            _require_bounds(name, getattr(self, name))
        return self

    def require_order(self, smaller: str, larger: str) -> None:
        """Refuse a field that is more than another.

        Raises:
            ValueError: it is.
        """
        if getattr(self, smaller) > getattr(self, larger):
            raise ValueError(f"{smaller} must not be more than {larger}")


def _require_bounds(name: str, value: object) -> None:
    """Refuse a number that no clock or counter of the store has, at any depth of a setting.

    Raises:
        ValueError: it is one.
    """
    match value:
        case bool():
            pass
        case int() | float():
            most = next(
                (most for unit, most in _MOST.items() if name.endswith(unit)), LARGEST_EXACT
            )
            if not -most <= value <= most:  # nor is anything that is no number
                raise ValueError(f"{name} must be at most {most}")
        case BaseModel():
            for field in type(value).model_fields:
                _require_bounds(f"{name}.{field}", getattr(value, field))
        case Mapping():
            for item in value.values():
                _require_bounds(name, item)
        case tuple() | list() | frozenset():
            for item in value:
                _require_bounds(name, item)


def keys_of(settings: type[BaseSettings], name: str) -> tuple[str, ...]:
    """The variables that the field `name` is read from, the first that is set winning."""
    section = getattr(settings, "section", "")
    own = f"{PREFIX}{section}_{name.upper()}" if section else f"{PREFIX}{name.upper()}"
    shared = f"{PREFIX}{name.upper()}"
    keys = [own, shared] if section and _is_shared(settings, name) else [own]
    extra = [m.key for m in settings.model_fields[name].metadata if isinstance(m, AlsoFrom)]
    return tuple(dict.fromkeys([*keys, *extra]))


@cache
def variables_of(settings: type[BaseSettings], name: str) -> tuple[str, ...]:
    """The keys of the field `name`; after each of a secret's keys the one that names its file."""
    keys = keys_of(settings, name)
    if not is_secret(settings.model_fields[name]):
        return keys
    return tuple(variable for key in keys for variable in (key, key + FILE_SUFFIX))


def is_secret(field: FieldInfo) -> bool:
    """Return true if the value of a field must not be shown."""
    types = (field.annotation, *get_args(field.annotation))
    return any(
        isinstance(kind, type) and issubclass(kind, (SecretStr, SecretUrl)) for kind in types
    )


def source_of(
    settings: type[BaseSettings], name: str, environment: Mapping[str, str]
) -> str | None:
    """The variable that says what the field `name` is, or None where it has its default."""
    return next((key for key in variables_of(settings, name) if key in environment), None)


def _is_shared(settings: type[BaseSettings], name: str) -> bool:
    """Return true if a class without a section, so one for every process, declares the field."""
    return any(
        name in getattr(base, "__annotations__", {}) and not getattr(base, "section", "")
        for base in settings.__mro__
    )


class Environment(PydanticBaseSettingsSource):
    """Reads fields from the variables that `keys_of` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value of the first variable that is set, or None.

        Raises:
            SettingsError: the variable names a file that cannot be read.
        """
        key = source_of(self.settings_cls, field_name, os.environ)
        if key is None:
            return None, field_name, False
        value = os.environ[key]
        if key not in keys_of(self.settings_cls, field_name):
            value = _read(key, Path(value))
        return value, field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        """The values of all fields that the environment sets."""
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, is_complex = self.get_field_value(field, name)
            if value is not None:
                found[key] = self.prepare_field_value(name, field, value, is_complex)
        return found


def _read(key: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{key}: cannot read {path}: {why}") from None


def refuse_unknown_keys(settings: type[BaseSettings], environment: Mapping[str, str]) -> None:
    """Refuse variables with our prefix that nothing reads: they are most likely misspelt.

    Raises:
        SettingsError: there are some; the message names the closest known key of each.
    """
    if complaints := unknown_keys(settings, environment):
        raise SettingsError("\n".join(complaints))


def unknown_keys(settings: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """Return a complaint for each variable with our prefix that nothing reads."""
    known = {key for name in settings.model_fields for key in variables_of(settings, name)}
    section = getattr(settings, "section", "")
    foreign = tuple(f"{PREFIX}{other}_" for other in SECTIONS if other != section)
    unknown = sorted(
        key
        for key in environment
        if key.startswith(PREFIX) and key not in known and not key.startswith(foreign)
    )
    return [_suggestion(key, known) for key in unknown]


def _suggestion(key: str, known: set[str]) -> str:
    # Without the prefix, which would make all keys look alike.
    names = [name.removeprefix(PREFIX) for name in sorted(known)]
    closest = difflib.get_close_matches(key.removeprefix(PREFIX), names, n=1)
    return f"{key} is not a setting" + (f"; did you mean {PREFIX}{closest[0]}?" if closest else "")


def spell_out(settings: type[BaseSettings], error: ValidationError) -> SettingsError:
    """The same complaint in terms of variables, those that are set first, without their values."""
    lines = []
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        field = str(detail["loc"][0]) if detail["loc"] else ""
        at = f"{variable_for(settings, field)}: " if field in settings.model_fields else ""
        lines.append(f"{at}{_in_variables(settings, detail['msg'].removeprefix('Value error, '))}")
    return SettingsError("\n".join(lines))


def variable_for(settings: type[BaseSettings], name: str) -> str:
    """The variable that says what the field `name` is, or could say it for all services."""
    keys = [key for key in keys_of(settings, name) if key.startswith(PREFIX)]
    return source_of(settings, name, os.environ) or keys[-1]


def _in_variables(settings: type[BaseSettings], text: str) -> str:
    """Put variables in the place of the fields that a text names."""
    return _FIELD_NAMES.sub(
        lambda found: (
            variable_for(settings, found[0]) if found[0] in settings.model_fields else found[0]
        ),
        text,
    )


# Of one word only where it is no word of English.
_FIELD_NAMES = re.compile(r"\bauth\b|\b[a-z]+(?:_[a-z0-9]+)+\b")
