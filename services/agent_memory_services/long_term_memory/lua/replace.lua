-- Replaces a memory that nobody changed since it was read; its digest moves along.
-- KEYS: the memory, the digest of its old content, the digest of its new content. ARGV: now in
-- microseconds, new content hash, etag that was read, number of fields to remove, those fields,
-- then the fields and values to set.
-- Answers {'replaced'}, {'missing'}, {'stale'}, or 'duplicate' with the fields of the other memory.

local memory_key, old_digest_key, new_digest_key = KEYS[1], KEYS[2], KEYS[3]
local now, content_hash, etag, removals = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])

local present = redis.call('HGET', memory_key, 'etag')
if not present then
  return {'missing'}
end
if present ~= etag then
  return {'stale'}
end

if old_digest_key ~= new_digest_key then
  local holder = holder_of(new_digest_key, content_hash, now)
  if holder then
    return stored('duplicate', holder)
  end
  if redis.call('GET', old_digest_key) == memory_key then
    redis.call('DEL', old_digest_key)
  end
  redis.call('SET', new_digest_key, memory_key)
end

if removals > 0 then
  redis.call('HDEL', memory_key, unpack(ARGV, 5, 4 + removals))
end
redis.call('HSET', memory_key, unpack(ARGV, 5 + removals))
return {'replaced'}
