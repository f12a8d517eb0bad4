-- Gives a claim back for later, by a wait in microseconds, and counts failures.

local waiting, failed = summary_keys(partition)

local score = redis.call('ZSCORE', waiting, member)
if not score or whole(tonumber(score)) ~= claim then
  return
end
if failures > 0 then
  redis.call('HINCRBY', failed, member, failures)
end
redis.call('ZADD', waiting, whole(now_micros() + wait), member)
