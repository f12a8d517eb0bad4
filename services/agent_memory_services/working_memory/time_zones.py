"""Names of time zones."""

from zoneinfo import ZoneInfo

from agent_memory_services.runtime.errors import InvalidField


def check_time_zone(name: str, field: str) -> None:
    """Refuse a name in which no date could be resolved later.

    Raises:
        InvalidField: it is neither empty nor an IANA zone.
    """
    if not name:
        return
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidField(field, "must be an IANA time zone, such as Europe/Berlin") from None
