"""Vectors without a model: words hashed into a few dimensions, so that like texts are near."""

import base64
import hashlib
import math
import re
import struct
from collections.abc import Sequence
from typing import Any, Final

DIMENSION: Final = 64
_WORD = re.compile(r"\w+")


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """The body of an `/embeddings` answer."""
    given = body.get("input", [])
    texts: Sequence[str] = [given] if isinstance(given, str) else given
    size = int(body.get("dimensions") or DIMENSION)
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(vector(text, size)) if packed else vector(text, size),
        }
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "data": data, "model": body.get("model", ""), "usage": usage}


def vector(text: str, size: int = DIMENSION) -> list[float]:
    """A unit vector of a text; texts that share words are near one another."""
    counts = [0.0] * size
    for word in _WORD.findall(text.lower()) or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        counts[int.from_bytes(digest, "big") % size] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def _packed(values: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
