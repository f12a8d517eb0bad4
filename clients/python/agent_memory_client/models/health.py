"""Whether the services answer."""

from agent_memory_client.models.base import Model


class HealthCheckResponse(Model):
    """Which services welcome calls, by name."""

    services: dict[str, bool]

    @property
    def healthy(self) -> bool:
        """Whether all of them do."""
        return all(self.services.values())
