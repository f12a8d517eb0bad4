-- Gives a claim back for later, after a wait that doubles with every failure in a row.
--
-- ARGV  the partition, the session, the claim; the first and the longest wait and the least that
--       was asked for, in microseconds; the share of the wait that counts (jitter). A longest wait
--       of 0 gives it back for now, and counts no failure.

local partition, member, claim = take(), take(), take()
local first, longest, least, share = take_number(), take_number(), take_number(), take_number()
local waiting, failed = summary_keys(partition)

local score = redis.call('ZSCORE', waiting, member)
if not score or whole(tonumber(score)) ~= claim then
  return
end
local wait = 0
if longest > 0 then
  local failures = redis.call('HINCRBY', failed, member, 1)
  wait = math.max(least, share * math.min(longest, first * 2 ^ math.min(failures - 1, 40)))
end
redis.call('ZADD', waiting, whole(now_micros() + wait), member)
