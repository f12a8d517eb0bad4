-- Removes revisions of a memory; the counter stays while the memory or another revision does.

redis.call('HDEL', revisions, unpack(fields))
if redis.call('EXISTS', memory) == 0 and redis.call('HLEN', revisions) <= 1 then
  redis.call('DEL', revisions)
end
