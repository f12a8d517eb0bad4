-- Says that a relay is alive, and answers how many are: those that were heard of within so many
-- milliseconds.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

redis.call('ZADD', relays, string.format('%.0f', now), relay)
redis.call('ZREMRANGEBYSCORE', relays, '-inf', string.format('(%.0f', now - silence))
redis.call('PEXPIRE', relays, silence)
return redis.call('ZCARD', relays)
