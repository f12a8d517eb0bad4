-- Conclude an attempt's claim: remember the answer, or without one let the next attempt execute.
-- A claim that another attempt took over is left alone.
local claimed_by = redis.call("HGET", call, "attempt")
local free = redis.call("EXISTS", call) == 0
if claimed_by ~= attempt and not free then
  return
end
if answer then
  redis.call("HSET", call, "digest", digest, "answer", answer.body)
  redis.call("HDEL", call, "attempt")
  redis.call("PEXPIRE", call, answer.life)
else
  redis.call("DEL", call)
end
