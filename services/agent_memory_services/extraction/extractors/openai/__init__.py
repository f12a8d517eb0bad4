"""Extraction and summaries by any model behind an OpenAI-compatible endpoint."""
