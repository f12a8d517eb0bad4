-- Lets a session live on for its time to live from now, without a write: its version stays.
--
-- Answers when it will be gone, in microseconds; nothing where it is another one, or has no time to
-- live.

local held_uid, ttl, owner = unpack(redis.call('HMGET', parts.meta, 'uid', 'ttl', 'owner'))
if held_uid ~= uid or not ttl or ttl == '' then
  return nil
end
local expires = now_micros() + tonumber(ttl)
local expiry, expiring = expiry_keys(address.partition)
local member = member_of(address)
redis.call('ZADD', expiry, whole(expires), member)
redis.call('HSET', expiring, member, owner)
redis.call('HSET', parts.meta, 'expires', whole(expires))
for _, key in pairs(parts) do
  redis.call('PEXPIREAT', key, whole(math.ceil(expires / 1000)))
end
return expires
