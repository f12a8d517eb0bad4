"""JSON Web Tokens of one issuer, checked against the keys that it publishes."""
