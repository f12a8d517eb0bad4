"""What makes two memories the same content."""

import hashlib

from agent_memory.common.v1.memory_pb2 import Memory


def content_hash(memory: Memory) -> str:
    """Digest of owner, namespace, type and text; sessions do not tell contents apart."""
    digest = hashlib.sha256()
    for part in (memory.user_id, memory.namespace, str(memory.type), memory.text):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
