-- Gives a claim back for later.
--
-- ARGV  the partition, the session, the claim; the wait in microseconds; the failures to count

local partition, member, claim = take(), take(), take()
local wait, failures = take_number(), take_number()
local waiting, failed = summary_keys(partition)

local score = redis.call('ZSCORE', waiting, member)
if not score or whole(tonumber(score)) ~= claim then
  return
end
if failures > 0 then
  redis.call('HINCRBY', failed, member, failures)
end
redis.call('ZADD', waiting, whole(now_micros() + wait), member)
