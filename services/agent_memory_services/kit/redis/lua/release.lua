-- Gives a lease back, where it is still held.
-- KEYS: the lease. ARGV: who holds it.

if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
