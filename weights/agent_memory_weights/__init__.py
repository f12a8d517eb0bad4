"""Weights of the local embedding model, in the folder `model` beside this module."""
