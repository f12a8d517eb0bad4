"""Agent Memory: three gRPC services that give LLM agents a memory on Redis."""
