"""Extractors: strategies that turn messages into candidate memories."""
