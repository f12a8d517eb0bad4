-- Takes memories off the dirty set that were looked at, but for those that changed again since the
-- time of the change that was looked at.

for _, memory in ipairs(memories) do
  local changed = redis.call('ZSCORE', dirty, memory.memory_id)
  if changed and tonumber(changed) <= memory.time then
    redis.call('ZREM', dirty, memory.memory_id)
  end
end
