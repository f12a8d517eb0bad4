"""Chooses and opens the embedder the settings ask for."""

from typing import Final

from agent_memory_services.long_term_memory.store.embeddings.base import (
    CachedEmbedder,
    Embedder,
    ObservedEmbedder,
)
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings

LOCAL_PORTION: Final = 4096
"""Characters that the local model embeds before their vectors are kept."""


async def create_embedder(settings: EmbeddingSettings) -> Embedder:
    """Open an embedder, with its cache in front; the caller closes it.

    Raises:
        EmbeddingMisconfigured: a file, a key or a setting is wrong.
        ProviderUnavailable: the vector length had to be probed and the provider is away.
    """
    embedder = ObservedEmbedder(await _open(settings), remote=settings.remote)
    if not settings.cache_entries:
        return embedder
    # An endpoint is asked for many batches side by side, a model in the process for one at a time.
    portion = None if settings.remote else LOCAL_PORTION
    return CachedEmbedder(embedder, settings.cache_entries, portion=portion)


async def _open(settings: EmbeddingSettings) -> Embedder:
    if settings.provider == "multilingual":
        from agent_memory_services.long_term_memory.store.embeddings.multilingual import (  # noqa: PLC0415
            MultilingualEmbedder,
        )

        return await MultilingualEmbedder.open(threads=settings.threads)
    if not settings.remote:
        return await LocalEmbedder.open(model_dir=settings.model_dir, threads=settings.threads)
    # The provider's library takes longer to import than the local model to load.
    from agent_memory_services.long_term_memory.store.embeddings.openai import (  # noqa: PLC0415
        OpenAIEmbedder,
    )

    return await OpenAIEmbedder.open(settings)
