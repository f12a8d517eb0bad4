"""Asynchronous client: sends operations and waits in an event loop."""
