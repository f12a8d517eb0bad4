-- Keep a claim while its call still runs.
-- KEYS[1]: the call. ARGV: this attempt, lease in milliseconds.
if redis.call("HGET", KEYS[1], "attempt") == ARGV[1] then
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
end
