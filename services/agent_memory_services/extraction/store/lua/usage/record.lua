-- Counts a call of a model, or one that a tenant's budget did not allow.
tally(usage, tonumber(redis.call('TIME')[1]), model, { calls, read, written, refused }, 0)
