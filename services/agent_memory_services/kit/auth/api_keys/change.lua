-- KEYS[1] the key's hash; ARGV field, value, ...
-- Answers whether it exists; a key that was never made is not made by a change.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
