"""Traces across the services."""
