"""Commands that export and import memories."""
