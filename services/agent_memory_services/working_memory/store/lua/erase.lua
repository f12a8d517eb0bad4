-- Erases a session of a user, or takes it out of the user's listings where it is not theirs.
--
-- KEYS  the session's meta, log, ids, view, memories, placed
-- ARGV  partition, tenant, namespace and session, spelled for keys; the user, as it is and spelled
--
-- Answers the incarnation, empty where there was none, how many messages and memories went, and
-- whether the session had begun before it had an owner.

local meta, log, _, _, memories = unpack(KEYS)
local partition, tenant, namespace, session = take(), take(), take(), take()
local user, owner = take(), take()
local member = tenant .. ':' .. namespace .. ':' .. session

local uid, held_user, late = unpack(redis.call('HMGET', meta, 'uid', 'user', 'owned_late'))
if uid and held_user ~= user then
  local keys = listing_keys(partition, tenant, namespace, owner)
  redis.call('ZREM', keys[3], namespace .. ':' .. session)
  redis.call('ZREM', keys[4], namespace .. ':' .. session)
  return { '', 0, 0, 0 }
end

local messages, placed = redis.call('HLEN', log), redis.call('HLEN', memories)
redis.call('UNLINK', unpack(KEYS))
unlist(partition, tenant, namespace, session, owner)
forget_expiry(partition, member)
forget_summary(partition, member)
if uid then
  tell(partition, member, 'deleted', now_micros(), {})
end
return { uid or '', messages, placed, late and 1 or 0 }
