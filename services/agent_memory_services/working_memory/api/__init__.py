"""Servicer, translation, settings and the process."""
