"""Traces: what a process did for one turn of a conversation, across services and queues."""
