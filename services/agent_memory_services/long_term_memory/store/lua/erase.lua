-- Erases a memory as it was read, with everything it ever was.
-- The memories that left its owner, the dirty set and the sizes of tenants name it too.
-- Answers 1, or 0 where it changed since or is gone.

local field = redis.call('HMGET', memory, 'etag', 'content_hash', 'user')
if field[1] ~= etag then
  return 0
end
open_ledger(ledger, feed, stored_of(sizes, tenant))
local digest_key = digest_prefix .. field[2]
if redis.call('GET', digest_key) == memory then
  redis.call('DEL', digest_key)
end
redis.call('DEL', memory, revisions)
redis.call('HINCRBY', sizes, tenant, -1)
close_ledger(ledger, end_of(feed), stored_of(sizes, tenant))
strike(rosters .. field[3], memory)
redis.call('ZREM', dirty, memory_id)
redis.call('ZREM', left, memory_id)
return 1
