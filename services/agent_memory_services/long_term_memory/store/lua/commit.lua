-- Makes several changes of one tenant's memories, all of them or none: the records, the digests of
-- their contents, a revision for each, the tenant's feed, and what consolidation has to look at.
-- KEYS: the feed, the dirty set, the tenants of the shard and the fences of erased sessions; then
-- for each change the memory, its revisions, the digests of its content before and after, the
-- memories that left its owner.
-- ARGV: now in microseconds, the tenant, the revisions that a memory keeps, the entries that the
-- feed keeps, the milliseconds that a deleted memory's revisions stay; then for each change the
-- values that `change_at` names and, counted, the fields to remove and the fields and values to
-- set, the record first.
-- Answers {'committed'}, or what is in the way of which change, counted from 0, and the fields of
-- the other memory where one is.

local feed_key, dirty_key, tenants_key, erased_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, tenant = tonumber(ARGV[1]), ARGV[2]
local revisions_kept, changes_kept = tonumber(ARGV[3]), ARGV[4]
local retention = tonumber(ARGV[5])

local function change_at(key, arg)
  local change = {
    memory = KEYS[key], revisions = KEYS[key + 1],
    old_digest = KEYS[key + 2], new_digest = KEYS[key + 3], left = KEYS[key + 4],
    id = ARGV[arg], step = ARGV[arg + 1], etag = ARGV[arg + 2], content_hash = ARGV[arg + 3],
    claim = ARGV[arg + 4], dirty = ARGV[arg + 5], departs = ARGV[arg + 6],
    kind = ARGV[arg + 7], revision = ARGV[arg + 8], fence = ARGV[arg + 9],
    reverts = ARGV[arg + 10],
  }
  change.removed_from = arg + 12
  change.removed_to = arg + 11 + tonumber(ARGV[arg + 11])
  change.set_from = change.removed_to + 2
  change.set_to = change.removed_to + 1 + tonumber(ARGV[change.removed_to + 1])
  return change
end

local changes, own = {}, {}
local arg = 6
for key = 5, #KEYS, 5 do
  local change = change_at(key, arg)
  arg = change.set_to + 1
  changes[#changes + 1] = change
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
  local barred = redis.call('ZSCORE', erased_key, change.fence)
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
  if change.claim ~= '' then
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
    redis.call('HINCRBY', tenants_key .. ':sizes', tenant, -1)
    return
  end
  if change.removed_from <= change.removed_to then
    redis.call('HDEL', change.memory, unpack(ARGV, change.removed_from, change.removed_to))
  end
  redis.call('HSET', change.memory, unpack(ARGV, change.set_from, change.set_to))
  if change.step == 'create' then
    redis.call('SADD', tenants_key, tenant)
    redis.call('HINCRBY', tenants_key .. ':sizes', tenant, 1)
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
  local entry = {'kind', change.kind, 'id', change.id, 'time', ARGV[1]}
  if change.before then
    entry[#entry + 1] = 'before'
    entry[#entry + 1] = change.before
  end
  if change.step ~= 'delete' then
    entry[#entry + 1] = 'after'
    entry[#entry + 1] = ARGV[change.set_from + 1]
  end
  redis.call('XADD', feed_key, 'MAXLEN', '~', changes_kept, '*', unpack(entry))
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

for _, change in ipairs(changes) do
  if change.step ~= 'create' then
    change.before = redis.call('HGET', change.memory, 'record')
  end
  write(change)
  remember(change)
  tell(change)
  if change.departs ~= '' then
    part(change)
  end
  if change.dirty == 'add' then
    redis.call('ZADD', dirty_key, now, change.id)
  elseif change.dirty == 'remove' then
    redis.call('ZREM', dirty_key, change.id)
  end
end

-- Last, when every record is as it shall be: one that gives a content up comes before or after the
-- one that takes it.
for _, change in ipairs(changes) do
  if change.step ~= 'delete' and not holder_of(change.new_digest, change.content_hash, now) then
    redis.call('SET', change.new_digest, change.memory)
  end
end
return {'committed'}
