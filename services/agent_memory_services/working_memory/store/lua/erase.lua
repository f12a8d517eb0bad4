-- Erases a session of a user, or takes it out of the user's listings where it is not theirs.
--
-- Answers the incarnation, empty where there was none, how many messages and memories went, and
-- whether the session had begun before it had an owner.

local member = member_of(place)
local uid, held_user, late = unpack(redis.call('HMGET', parts.meta, 'uid', 'user', 'owned_late'))
if uid and held_user ~= user then
  local keys = listing_keys(place, owner)
  redis.call('ZREM', keys[3], place.namespace .. ':' .. place.session)
  redis.call('ZREM', keys[4], place.namespace .. ':' .. place.session)
  return { '', 0, 0, 0 }
end

local messages, placed = redis.call('HLEN', parts.log), redis.call('HLEN', parts.memories)
unlink(parts)
unlist(place, owner)
forget_expiry(place.partition, member)
forget_summary(place.partition, member)
if uid then
  tell(place.partition, member, 'deleted', now_micros(), {})
end
return { uid or '', messages, placed, late and 1 or 0 }
