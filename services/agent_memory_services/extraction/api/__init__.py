"""Servicer, settings and the process."""
