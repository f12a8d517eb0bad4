-- Claim a call for an attempt, or find what became of it.
-- Answers {"claimed"|"answered"|"running"|"reused", the stored answer or ""}.
local known = redis.call("HGET", call, "digest")
if not known then
  redis.call("HSET", call, "digest", digest, "attempt", attempt)
  redis.call("PEXPIRE", call, lease)
  return {"claimed", ""}
end
if known ~= digest then
  return {"reused", ""}
end
local answer = redis.call("HGET", call, "answer")
if answer then
  return {"answered", answer}
end
return {"running", ""}
