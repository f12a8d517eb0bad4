"""Creating and editing memories."""
