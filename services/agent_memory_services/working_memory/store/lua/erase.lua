-- Erases a session of a user, or takes it out of the user's listings where it is not theirs.
--
-- Answers the incarnation, empty where there was none, how many messages and memories went, and
-- whether the session had begun before it had an owner.

local member = member_of(address)
local uid, held_user, late, messages =
  unpack(redis.call('HMGET', parts.meta, 'uid', 'user', 'owned_late', 'sequence'))
if uid and held_user ~= user then
  local keys = listing_keys(address, owner)
  redis.call('ZREM', keys[3], address.namespace .. ':' .. address.session)
  redis.call('ZREM', keys[4], address.namespace .. ':' .. address.session)
  return { '', 0, 0, 0 }
end

local placed = redis.call('HLEN', parts.memories)
unlink(parts)
unlist(address, owner)
forget_expiry(address.partition, member)
forget_summary(address.partition, member)
if uid then
  tell(address.partition, member, 'deleted', now_micros(), {})
end
return { uid or '', tonumber(messages) or 0, placed, late and 1 or 0 }
