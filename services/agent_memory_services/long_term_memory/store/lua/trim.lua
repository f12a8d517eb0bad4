-- Removes revisions of a memory; the counter stays while the memory or another revision does.
-- KEYS: the memory, its revisions. ARGV: the fields to remove.

redis.call('HDEL', KEYS[2], unpack(ARGV))
if redis.call('EXISTS', KEYS[1]) == 0 and redis.call('HLEN', KEYS[2]) <= 1 then
  redis.call('DEL', KEYS[2])
end
