# Generated from _async/__init__.py by scripts/generate.py; do not edit.
"""Synchronous client: sends operations and waits in the calling thread.

The modules under `_sync` are generated from those under `_async`.
"""
