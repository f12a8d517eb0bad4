-- Takes or renews a lease; answers 1 where it is held now.
-- KEYS: the lease. ARGV: who wants it, for how many milliseconds.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
