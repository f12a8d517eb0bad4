"""Asynchronous client: sends operations and waits in an event loop.

The modules under `_sync` are generated from those under `_async`.
"""
