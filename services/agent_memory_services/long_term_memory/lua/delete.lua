-- Deletes a memory and, where it holds its content, the digest.
-- KEYS: the memory. ARGV: what the digest keys of its tenant start with.
-- Answers 1, or 0 where there was none.

local memory_key = KEYS[1]
local content_hash = redis.call('HGET', memory_key, 'content_hash')
if not content_hash then
  return 0
end
local digest_key = ARGV[1] .. content_hash
if redis.call('GET', digest_key) == memory_key then
  redis.call('DEL', digest_key)
end
redis.call('DEL', memory_key)
return 1
