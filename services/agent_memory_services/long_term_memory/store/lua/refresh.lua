-- Sets fields of a memory that nobody changed since it was read.
-- KEYS: the memory. ARGV: the etag that was read, then fields and values.
-- Answers 1, or 0 where it was changed or is gone.

if redis.call('HGET', KEYS[1], 'etag') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
