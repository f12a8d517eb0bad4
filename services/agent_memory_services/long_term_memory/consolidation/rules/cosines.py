"""How near two stored vectors are."""

import numpy as np


def cosine(one: bytes, other: bytes, precision: str) -> float:
    """The cosine of two vectors, -1 to 1.

    Args:
        one: a vector, as it is stored.
        other: another one.
        precision: the type of their numbers: `float32` or `float16`.
    """
    first, second = (np.frombuffer(each, precision).astype(np.float32) for each in (one, other))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths else 0.0
