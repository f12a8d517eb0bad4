"""Conditions on memories: from the contract to the engine, and told of a record."""
