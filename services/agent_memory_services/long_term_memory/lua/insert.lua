-- Stores a memory unless its id, or with deduplication its content, is there.
-- KEYS: the memory, its digest. ARGV: now in microseconds, content hash, '1' to deduplicate,
-- then the fields and values of the hash.
-- Answers {'created'}, {'taken'}, or 'same' or 'duplicate' with the fields of the other memory.

local memory_key, digest_key = KEYS[1], KEYS[2]
local now, content_hash, deduplicate = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'

local present = redis.call('HGET', memory_key, 'content_hash')
if present then
  if present == content_hash then
    return stored('same', memory_key)
  end
  return {'taken'}
end

local holder = holder_of(digest_key, content_hash, now)
if holder and deduplicate then
  return stored('duplicate', holder)
end
if not holder then
  redis.call('SET', digest_key, memory_key)
end
redis.call('HSET', memory_key, unpack(ARGV, 4))
return {'created'}
