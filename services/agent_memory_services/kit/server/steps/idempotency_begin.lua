-- Claim a call, or find what became of it.
-- KEYS[1]: the call. ARGV: digest of its body, this attempt, lease in milliseconds.
-- Answers {"claimed"|"answered"|"running"|"reused", the stored answer or ""}.
local digest = redis.call("HGET", KEYS[1], "digest")
if not digest then
  redis.call("HSET", KEYS[1], "digest", ARGV[1], "attempt", ARGV[2])
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
  return {"claimed", ""}
end
if digest ~= ARGV[1] then
  return {"reused", ""}
end
local answer = redis.call("HGET", KEYS[1], "answer")
if answer then
  return {"answered", answer}
end
return {"running", ""}
