"""The durable queue: sessions, jobs and leases, one partition at a time."""
