-- Deletes a session. What it left in the outbox stays there.
--
-- KEYS  the session's meta, log, ids, view, memories, placed
-- ARGV  partition, tenant, namespace and session, spelled for keys; the caller; the etag that it
--       expects, empty for any

local meta = KEYS[1]
local partition, tenant, namespace, session = take(), take(), take(), take()
local caller, etag = take_caller(), take()

local uid, version, held_user, owner =
  unpack(redis.call('HMGET', meta, 'uid', 'version', 'user', 'owner'))
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

redis.call('UNLINK', unpack(KEYS))
unlist(partition, tenant, namespace, session, owner)
local member = tenant .. ':' .. namespace .. ':' .. session
forget_expiry(partition, member)
forget_summary(partition, member)
tell(partition, member, 'deleted', now_micros(), {})
return { 'ok' }
