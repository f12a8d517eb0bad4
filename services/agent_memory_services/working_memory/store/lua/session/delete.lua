-- Deletes a session. What it left in the outbox stays there.
--
-- Answers the incarnation and its owner. Refuses a caller who may not touch it, and an etag that it does not have; the empty one is any.

local uid, version, held_user, owner =
  unpack(redis.call('HMGET', parts.meta, 'uid', 'version', 'user', 'owner'))
if not uid then
  return { 'absent' }
end
if not may_touch(caller, held_user) then
  return { 'owner' }
end
local current = '"' .. version .. '"'
if etag ~= '' and etag ~= current then
  return { 'etag', current }
end

unlink(parts)
unlist(address, owner)
local member = member_of(address)
forget_expiry(address.partition, member)
forget_summary(address.partition, member)
tell(address.partition, member, 'deleted', now_micros(), {})
return { 'ok', uid, held_user }
