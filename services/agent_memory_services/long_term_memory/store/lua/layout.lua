-- Puts one record of what a store is used for in the place of another, if that one still holds; an
-- empty field is none. Answers the fields that hold from now on.

local field = redis.call('HMGET', record, 'current', 'beside')
if (field[1] or '') == before.current and (field[2] or '') == before.beside then
  redis.call('HSET', record, 'current', after.current, 'beside', after.beside)
end
return redis.call('HMGET', record, 'current', 'beside')
