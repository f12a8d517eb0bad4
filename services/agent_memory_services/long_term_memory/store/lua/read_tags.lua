-- Reads some fields of memories; nothing of one that is gone.

local found = {}
for at, key in ipairs(memories) do
  found[at] = redis.call('HMGET', key, unpack(wanted))
end
return found
