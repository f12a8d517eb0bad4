"""Settings that choose an OpenAI-compatible endpoint of a model."""

from typing import Annotated, Final

from pydantic import BeforeValidator, SecretStr

from agent_memory_services.kit.contract.environment import AlsoFrom

# Deployments set variables to nothing where they mean to leave them out.
_EMPTY_IS_UNSET: Final = BeforeValidator(lambda value: value or None)

EndpointKey = Annotated[SecretStr | None, _EMPTY_IS_UNSET, AlsoFrom("OPENAI_API_KEY")]
EndpointUrl = Annotated[str | None, _EMPTY_IS_UNSET, AlsoFrom("OPENAI_BASE_URL")]


def uses_endpoint(choice: str, key: SecretStr | None, base_url: str | None) -> bool:
    """Return true if a choice among `auto`, `openai` and others means the endpoint.

    `auto` means it where a key or a base URL is set.
    """
    if choice == "auto":
        return key is not None or base_url is not None
    return choice == "openai"
