-- Notes that memories were found, each at most once per interval of microseconds, and none that is
-- gone. Answers how many were noted.

local moment = take_moments(ledger, #memories)
local noted = 0
for _, key in ipairs(memories) do
  local field = redis.call('HMGET', key, 'content_hash', 'access', 'access_count', 'user')
  if field[1] and not (field[2] and now - tonumber(field[2]) < interval) then
    -- One command, because each one is a change that the index follows.
    redis.call('HSET', key, 'access', now, 'access_count', (tonumber(field[3]) or 0) + 1)
    noted = noted + 1
    note(rosters, key, field[4], moment + noted)
  end
end
return noted
