-- Writes what a store is used for, unless it is in use.
-- KEYS: the layout. ARGV: fields and values.
-- Answers the fields and values that hold from now on.

if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], unpack(ARGV))
end
return redis.call('HGETALL', KEYS[1])
