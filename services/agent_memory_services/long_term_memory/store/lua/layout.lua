-- Puts one record of what a store is used for in the place of another, if that one still holds.
-- KEYS: the record. ARGV: its fields as they were read, then as they shall be; '' for none.
-- Answers the fields that hold from now on.

local field = redis.call('HMGET', KEYS[1], 'current', 'beside')
if (field[1] or '') == ARGV[1] and (field[2] or '') == ARGV[2] then
  redis.call('HSET', KEYS[1], 'current', ARGV[3], 'beside', ARGV[4])
end
return redis.call('HMGET', KEYS[1], 'current', 'beside')
