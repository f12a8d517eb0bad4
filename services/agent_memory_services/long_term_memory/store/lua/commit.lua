-- Makes several changes of one tenant's memories, all of them or none: the records, the digests of
-- their contents, a revision for each, the tenant's feed, and what consolidation has to look at.
--
-- `now` is in microseconds; of each memory so many revisions are kept, of the feed about so many
-- changes, and the revisions of a deleted memory for so many milliseconds, its `retention`. Each
-- change names its memory, the memory's revisions, the digests of its content before and after, and
-- the memories that left its owner; and has the fields to remove and those to set, the record first.
--
-- Answers {'committed'}, or what is in the way of which change, counted from 0, and the fields of
-- the other memory where one is.

local own = {}
for _, change in ipairs(changes) do
  own[change.memory] = true
end

local function hindered(outcome, at, other)
  local answer = {outcome, at - 1}
  if other then
    for position, value in ipairs({'record', 'access', 'access_count'}) do
      answer[position + 2] = redis.call('HGET', other, value)
    end
  end
  return answer
end

-- A memory that is part of the commit is in nobody's way by what it was before.
local claimed = {}
local function rival(change)
  local holder = claimed[change.new_digest]
  if not holder then
    holder = holder_of(change.new_digest, change.content_hash, now)
    if holder and own[holder] then
      holder = nil
    end
  end
  if holder ~= change.memory then
    return holder
  end
end

-- What was extracted from a session may arrive after its user was erased.
local function comes_late(change)
  if change.step ~= 'create' or change.fence == '' then
    return false
  end
  local barred = redis.call('ZSCORE', erased, change.fence)
  return barred and tonumber(barred) > now
end

for at, change in ipairs(changes) do
  if comes_late(change) then
    return hindered('erased', at)
  end
  local field = redis.call('HMGET', change.memory, 'etag', 'content_hash')
  if change.step == 'create' then
    if field[2] == change.content_hash then
      return hindered('same', at, change.memory)
    elseif field[2] then
      return hindered('taken', at)
    end
  elseif not field[2] then
    return hindered('missing', at)
  elseif field[1] ~= change.etag then
    return hindered('stale', at)
  end
  if change.reverts ~= '' and redis.call('HEXISTS', change.revisions, change.reverts) == 0 then
    return hindered('stale', at)
  end
  local other = change.claim == 'unique' and rival(change)
  if other then
    return hindered('duplicate', at, other)
  end
  if change.claim ~= '' and change.claim ~= 'apart' then
    claimed[change.new_digest] = change.memory
  end
end

local function write(change)
  local gone = change.step == 'delete'
  if gone or change.old_digest ~= change.new_digest then
    if redis.call('GET', change.old_digest) == change.memory then
      redis.call('DEL', change.old_digest)
    end
  end
  if gone then
    redis.call('DEL', change.memory)
    redis.call('HINCRBY', tenants .. ':sizes', tenant, -1)
    return
  end
  if #change.removed > 0 then
    redis.call('HDEL', change.memory, unpack(change.removed))
  end
  redis.call('HSET', change.memory, unpack(change.fields))
  if change.step == 'create' then
    redis.call('SADD', tenants, tenant)
    redis.call('HINCRBY', tenants .. ':sizes', tenant, 1)
  end
end

local function remember(change)
  local key = change.revisions
  local number = redis.call('HINCRBY', key, 'last', 1)
  redis.call('HSET', key, number, change.revision)
  if change.before then
    redis.call('HSET', key, number .. ':before', change.before)
  end
  if number > revisions_kept then
    local oldest = number - revisions_kept
    redis.call('HDEL', key, oldest, oldest .. ':before')
  end
  if change.step == 'delete' then
    redis.call('PEXPIRE', key, retention)
  elseif change.step == 'create' and number > 1 then
    redis.call('PERSIST', key)
  end
end

local function tell(change)
  local entry = {'kind', change.kind, 'id', change.id, 'time', now}
  if change.before then
    entry[#entry + 1] = 'before'
    entry[#entry + 1] = change.before
  end
  if change.step ~= 'delete' then
    entry[#entry + 1] = 'after'
    entry[#entry + 1] = change.fields[2]
  end
  return redis.call('XADD', feed, 'MAXLEN', '~', changes_kept, '*', unpack(entry))
end

-- Where a user's words are still to be found once the user's own records do not lead there. A
-- deleted memory's revisions end by themselves; those of one that moved live as long as it does.
local function part(change)
  local ends = '+inf'
  if change.departs == 'deleted' then
    ends = now + retention * 1000
  end
  redis.call('ZREMRANGEBYSCORE', change.left, '-inf', now)
  redis.call('ZADD', change.left, ends, change.id)
  local last = tonumber(redis.call('ZRANGE', change.left, -1, -1, 'WITHSCORES')[2])
  if last == math.huge then
    redis.call('PERSIST', change.left)
  else
    redis.call('PEXPIREAT', change.left, math.floor(last / 1000))
  end
end

open_ledger(ledger, feed, stored_of(tenants .. ':sizes', tenant))
local moment = take_moments(ledger, #changes)
local last
for _, change in ipairs(changes) do
  if change.step ~= 'create' then
    change.before = redis.call('HGET', change.memory, 'record')
  end
  write(change)
  -- What was said is told by itself; its history begins with what becomes of it.
  if change.claim ~= 'apart' then
    remember(change)
  end
  last = tell(change)
  moment = moment + 1
  if change.former ~= '' then
    strike(rosters .. change.former, change.memory)
  end
  if change.owner ~= '' then
    enlist(rosters .. change.owner, change.memory, moment)
  end
  if change.departs ~= '' then
    part(change)
  end
  if change.dirty == 'add' then
    redis.call('ZADD', dirty, now, change.id)
  elseif change.dirty == 'remove' then
    redis.call('ZREM', dirty, change.id)
  end
end

close_ledger(ledger, last, stored_of(tenants .. ':sizes', tenant))

-- Last, when every record is as it shall be: one that gives a content up comes before or after the
-- one that takes it.
for _, change in ipairs(changes) do
  if change.step ~= 'delete' and change.claim ~= 'apart'
    and not holder_of(change.new_digest, change.content_hash, now) then
    redis.call('SET', change.new_digest, change.memory)
  end
end
return {'committed'}
