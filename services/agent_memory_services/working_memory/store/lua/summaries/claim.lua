-- Takes a session that waits for a summary, for the length of a lease; nothing where none is due.
-- The lease is in microseconds.
--
-- Answers the session and the end of the lease, which is its place in the queue and names the
-- claim: whoever finds another one there has lost it. And the trace of the write that put it down,
-- and the number of attempts that failed in a row.

local waiting, failed, traces = summary_keys(partition)
local now = now_micros()

local member = redis.call('ZRANGEBYSCORE', waiting, '-inf', whole(now), 'LIMIT', 0, 1)[1]
if not member then
  return nil
end
redis.call('ZADD', waiting, whole(now + lease), member)
return {
  member,
  whole(now + lease),
  redis.call('HGET', traces, member) or '',
  tonumber(redis.call('HGET', failed, member) or 0),
}
