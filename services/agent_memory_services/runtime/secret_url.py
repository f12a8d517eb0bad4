"""A URL whose credentials do not show in logs and messages."""

from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class SecretUrl(str):
    """A string to connect with; its `repr` leaves the credentials out."""

    __slots__ = ()

    @property
    def redacted(self) -> str:
        """The URL with `***` in place of user and password, and without its query."""
        parts = urlsplit(self)
        _, at, host = parts.netloc.rpartition("@")
        return urlunsplit((parts.scheme, f"***@{host}" if at else host, parts.path, "", ""))

    def __repr__(self) -> str:
        return repr(self.redacted)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls._of, core_schema.str_schema())

    @classmethod
    def _of(cls, text: str) -> Self:
        return cls(text)
