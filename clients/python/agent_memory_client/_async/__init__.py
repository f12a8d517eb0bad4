"""Asynchronous client: sends operations and waits in an event loop.

The synchronous client under `_sync` is generated from these modules.
"""
