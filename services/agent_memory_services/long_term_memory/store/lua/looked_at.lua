-- Takes memories off the dirty set that were looked at, but for those that changed since then.
-- KEYS: the dirty set. ARGV: for each memory its id and the time of the change that was looked at.

for at = 1, #ARGV, 2 do
  local changed = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if changed and tonumber(changed) <= tonumber(ARGV[at + 1]) then
    redis.call('ZREM', KEYS[1], ARGV[at])
  end
end
