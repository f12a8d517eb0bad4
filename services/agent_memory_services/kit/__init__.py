"""Kit that every service process stands on: contract, server, client, auth, redis, observe."""
