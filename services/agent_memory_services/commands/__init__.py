"""Commands of `agent-memory` beside those that start something."""
