"""Sessions in Redis, and the services that working memory calls."""
