-- Removes a session that needs no summary after all, unless it has another version than the
-- one that was looked at: then it is looked at again.

local current = redis.call('HGET', meta, 'version')
if not current or tonumber(current) == version then
  forget_summary(partition, member)
else
  local waiting = summary_keys(partition)
  redis.call('ZADD', waiting, 'XX', whole(now_micros()), member)
end
