"""Redis: clients, scripts, keys, leases, feeds."""
