-- Takes tokens from a tenant's budget of the present window; answers what is left, or -1 where
-- they do not fit and nothing is taken. What was used already is taken though it does not fit,
-- and a negative number gives back.
local now = redis.call('TIME')
local window = string.format('%.0f', math.floor(tonumber(now[1]) / span))
local found = redis.call('HMGET', spent, 'window', 'used')
local used = found[1] == window and tonumber(found[2]) or 0
if not is_used and used + tokens > budget then
  return -1
end
used = math.max(0, used + tokens)
redis.call('HSET', spent, 'window', window, 'used', used)
redis.call('EXPIRE', spent, span)
return math.max(0, budget - used)
