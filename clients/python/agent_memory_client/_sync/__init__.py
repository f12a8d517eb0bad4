# Generated from _async/__init__.py by scripts/generate.py; do not edit.
"""synchronous client: sends operations and waits in an event loop.

The synchronous client under `_sync` is generated from these modules.
"""
