-- Notes that memories were found, each at most once per interval of microseconds, and none that is
-- gone. One that reads keep for a time is kept anew, twenty times in that time at the most. Answers
-- how many were noted.

local moment = take_moments(ledger, #memories)
local noted = 0
for _, key in ipairs(memories) do
  local field =
    redis.call('HMGET', key, 'content_hash', 'access', 'access_count', 'user', 'sliding')
  local sliding = tonumber(field[5])
  local pause = sliding and math.min(interval, sliding / 20) or interval
  if field[1] and not (field[2] and now - tonumber(field[2]) < pause) then
    -- One command, because each one is a change that the index follows.
    local found = {'access', now, 'access_count', (tonumber(field[3]) or 0) + 1}
    if sliding then
      found[5], found[6] = 'expire', string.format('%.0f', now + sliding)
    end
    redis.call('HSET', key, unpack(found))
    noted = noted + 1
    note(rosters, key, field[4], moment + noted)
  end
end
return noted
