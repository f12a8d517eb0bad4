-- Erases a memory as it was read, with everything it ever was.
-- KEYS: the memory, its revisions, the dirty set, the memories that left its owner, the sizes of
-- tenants. ARGV: its etag, what the digest keys of its tenant start with, its id, the tenant.
-- Answers 1, or 0 where it changed since or is gone.

local memory_key = KEYS[1]
local field = redis.call('HMGET', memory_key, 'etag', 'content_hash')
if field[1] ~= ARGV[1] then
  return 0
end
local digest_key = ARGV[2] .. field[2]
if redis.call('GET', digest_key) == memory_key then
  redis.call('DEL', digest_key)
end
redis.call('DEL', memory_key, KEYS[2])
redis.call('HINCRBY', KEYS[5], ARGV[4], -1)
redis.call('ZREM', KEYS[3], ARGV[3])
redis.call('ZREM', KEYS[4], ARGV[3])
return 1
