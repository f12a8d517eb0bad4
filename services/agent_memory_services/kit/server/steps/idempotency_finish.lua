-- Conclude a claim: remember the answer, or without one let the next attempt execute.
-- KEYS[1]: the call. ARGV: this attempt, digest of the body [, answer, milliseconds to keep it].
-- A claim that another attempt took over is left alone.
local attempt = redis.call("HGET", KEYS[1], "attempt")
local free = redis.call("EXISTS", KEYS[1]) == 0
if attempt ~= ARGV[1] and not free then
  return
end
if ARGV[3] then
  redis.call("HSET", KEYS[1], "digest", ARGV[2], "answer", ARGV[3])
  redis.call("HDEL", KEYS[1], "attempt")
  redis.call("PEXPIRE", KEYS[1], ARGV[4])
else
  redis.call("DEL", KEYS[1])
end
