-- Sets fields of a memory that nobody changed since it was read, as its etag tells.
-- Answers 1, or 0 where it was changed or is gone.

if redis.call('HGET', memory, 'etag') ~= etag then
  return 0
end
redis.call('HSET', memory, unpack(fields))
note(rosters, memory, redis.call('HGET', memory, 'user'), take_moments(ledger, 1) + 1)
return 1
