-- Says that a process is alive, and answers how many are: those that were heard of within so many
-- milliseconds.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

redis.call('ZADD', present, string.format('%.0f', now), name)
redis.call('ZREMRANGEBYSCORE', present, '-inf', string.format('(%.0f', now - silence))
redis.call('PEXPIRE', present, silence)
return redis.call('ZCARD', present)
