"""A host and a port."""

import ipaddress
from typing import Any, NamedTuple


class Address(NamedTuple):
    """Where something listens; `host` is a name or an IP address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_ip(self) -> bool:
        """Whether `host` needs no name resolution."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or (
            self.is_ip and ipaddress.ip_address(self.host).is_loopback
        )

    def as_envoy(self) -> dict[str, Any]:
        """The same as an Envoy `core.v3.Address`."""
        return {"socket_address": {"address": self.host, "port_value": self.port}}
