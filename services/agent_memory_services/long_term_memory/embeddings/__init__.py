"""Text to vectors: a local model without torch, or any OpenAI-compatible endpoint."""
