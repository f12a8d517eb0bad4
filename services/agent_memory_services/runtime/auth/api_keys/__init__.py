"""API keys: one token that carries an id and a secret; the store holds a keyed digest of it."""
