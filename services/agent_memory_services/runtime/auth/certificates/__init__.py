"""TLS: the server's own certificate, and callers that are known by theirs."""
