"""Jobs and views in Redis, and the service that extraction calls."""
