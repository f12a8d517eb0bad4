"""The `/embeddings` call: made, read and, when it fails, understood."""
