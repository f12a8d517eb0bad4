-- Moves an entry of an outbox to the dead ones, with the reason.
--
-- KEYS  the outbox, the stream of dead entries
-- ARGV  the entry's id, the reason

local outbox, dead = unpack(KEYS)
local id, reason = unpack(ARGV)

local found = redis.call('XRANGE', outbox, id, id)
if #found == 1 then
  redis.call('XADD', dead, '*', 'entry', id, 'reason', reason, unpack(found[1][2]))
  redis.call('XDEL', outbox, id)
end
