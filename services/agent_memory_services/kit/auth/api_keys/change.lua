-- Sets fields of a key; answers whether it exists. A key that was never made is not made by a
-- change.
if redis.call('EXISTS', key) == 0 then
  return 0
end
redis.call('HSET', key, unpack(fields))
return 1
