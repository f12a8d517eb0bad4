-- Moves an entry of an outbox to the dead ones, with the reason.

local found = redis.call('XRANGE', outbox, entry, entry)
if #found == 1 then
  redis.call('XADD', dead, '*', 'entry', entry, 'reason', reason, unpack(found[1][2]))
  redis.call('XDEL', outbox, entry)
end
