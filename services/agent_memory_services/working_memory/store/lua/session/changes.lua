-- What happens to the sessions of a partition, for those who watch them: a stream of the latest
-- changes.
--
-- No name and no word of a session is in it, so there is nothing in it to be erased: a session
-- goes by the SHA-1 of its `tenant:namespace:session`, and messages by their positions in its log.

local KEPT = 10000

local function tell(partition, member, kind, now, details)
  redis.call(
    'XADD', partition .. ':changes', 'MAXLEN', '~', KEPT, '*',
    'session', redis.sha1hex(member), 'kind', kind, 'at', whole(now), unpack(details)
  )
end
