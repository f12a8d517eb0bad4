-- Notes that memories were found, each at most once per interval, and none that is gone.
-- KEYS: the memories. ARGV: now and the interval, in microseconds.
-- Answers how many were noted.

local now, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local noted = 0
for _, key in ipairs(KEYS) do
  local field = redis.call('HMGET', key, 'content_hash', 'access', 'access_count')
  if field[1] and not (field[2] and now - tonumber(field[2]) < interval) then
    -- One command, because each one is a change that the index follows.
    redis.call('HSET', key, 'access', ARGV[1], 'access_count', (tonumber(field[3]) or 0) + 1)
    noted = noted + 1
  end
end
return noted
