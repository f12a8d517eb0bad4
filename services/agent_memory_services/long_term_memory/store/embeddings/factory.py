"""Chooses and opens the embedder the settings ask for."""

from agent_memory_services.long_term_memory.store.embeddings.base import (
    CachedEmbedder,
    Embedder,
    ObservedEmbedder,
)
from agent_memory_services.long_term_memory.store.embeddings.local import LocalEmbedder
from agent_memory_services.long_term_memory.store.embeddings.settings import EmbeddingSettings


async def create_embedder(settings: EmbeddingSettings) -> Embedder:
    """Open an embedder, with its cache in front; the caller closes it.

    Raises:
        EmbeddingMisconfigured: a file, a key or a setting is wrong.
        ProviderUnavailable: the vector length had to be probed and the provider is away.
    """
    embedder = ObservedEmbedder(await _open(settings), remote=settings.remote)
    if not settings.cache_entries:
        return embedder
    return CachedEmbedder(embedder, settings.cache_entries)


async def _open(settings: EmbeddingSettings) -> Embedder:
    if not settings.remote:
        return await LocalEmbedder.open(model_dir=settings.model_dir, threads=settings.threads)
    # The provider's library takes longer to import than the local model to load.
    from agent_memory_services.long_term_memory.store.embeddings.openai import (  # noqa: PLC0415
        OpenAIEmbedder,
    )

    return await OpenAIEmbedder.open(settings)
