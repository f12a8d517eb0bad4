"""The long-term memory service: durable, searchable memories."""
