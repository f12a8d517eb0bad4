"""TLS of the gateway: of its own address, and towards the services."""

from dataclasses import dataclass
from typing import Any

_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"


@dataclass(frozen=True, slots=True)
class GatewayTls:
    """Files, in PEM, as the gateway finds them; an empty path means there is none.

    Attributes:
        certificate: the gateway's certificate chain, which services are shown too.
        key: its private key.
        ca: the authorities of the services; with it they are called over TLS.
        terminate: whether callers speak TLS to the gateway itself.
    """

    certificate: str = ""
    key: str = ""
    ca: str = ""
    terminate: bool = False

    def downstream(self) -> dict[str, Any]:
        """Return the part of a filter chain that serves TLS; empty where callers do not use TLS."""
        if not self.terminate:
            return {}
        common = {**self._own_certificate(), "alpn_protocols": ["h2", "http/1.1"]}
        return _socket("DownstreamTlsContext", {"common_tls_context": common})

    def upstream(self, host: str) -> dict[str, Any]:
        """Return the part of a cluster that calls `host` over TLS; empty without authorities."""
        if not self.ca:
            return {}
        trusted = {
            "trusted_ca": {"filename": self.ca},
            "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
        }
        common = {
            **(self._own_certificate() if self.certificate else {}),
            "validation_context": trusted,
            "alpn_protocols": ["h2"],
        }
        return _socket("UpstreamTlsContext", {"sni": host, "common_tls_context": common})

    def _own_certificate(self) -> dict[str, Any]:
        chain, key = {"filename": self.certificate}, {"filename": self.key}
        return {"tls_certificates": [{"certificate_chain": chain, "private_key": key}]}


PLAIN_TEXT = GatewayTls()


def _socket(kind: str, context: dict[str, Any]) -> dict[str, Any]:
    typed = {"@type": f"{_TLS}.{kind}", **context}
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": typed}}
