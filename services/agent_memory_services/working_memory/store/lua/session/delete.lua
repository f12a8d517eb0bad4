-- Deletes a session. What it left in the outbox stays there; behind it goes the word that its
-- messages are to be found no more.
--
-- Answers the incarnation and its owner. Refuses a caller who may not touch it, and an etag that it
-- does not have; the empty one is any.

local uid, version, held_user, owner, sequence =
  unpack(redis.call('HMGET', parts.meta, 'uid', 'version', 'user', 'owner', 'sequence'))
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
if tonumber(sequence) > 0 then
  -- agent_memory.extraction.v1.SubmitMessagesRequest
  local request = delimited(1, optional(1, identity.namespace) .. delimited(2, identity.session_id))
    .. delimited(2, uid) .. optional(3, held_user) .. numeric(10, 1)
  redis.call('XADD', address.partition .. ':outbox', '*', 'tenant', identity.tenant,
    'request', request)
end
return { 'ok', uid, held_user }
