"""Servicers, translation, settings and the process."""
