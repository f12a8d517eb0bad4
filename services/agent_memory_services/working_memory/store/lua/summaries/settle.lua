-- Strikes a session off that needs no summary after all, unless it was written meanwhile: then it
-- is looked at again.
--
-- KEYS  the session's meta
-- ARGV  the partition, the session, the version that was looked at

local partition, member, version = take(), take(), take()
local current = redis.call('HGET', KEYS[1], 'version')
if not current or current == version then
  forget_summary(partition, member)
else
  local waiting = summary_keys(partition)
  redis.call('ZADD', waiting, 'XX', whole(now_micros()), member)
end
