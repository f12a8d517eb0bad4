-- Rosters: for each owner the keys of the owner's memories, by the moment of the last change of each,
-- so that a reader asks for what changed since. The ledger of a tenant holds the last moment that was
-- given, and what the last writer left: the end of the feed and the number of memories. A release
-- that keeps no rosters moves these on without noting it, and then the epoch counts up. A roster is
-- complete where its mark, the empty member, has the present epoch, put as a number below 0.

local function end_of(stream)
  local told = redis.pcall('XINFO', 'STREAM', stream)
  for at = 1, #told, 2 do
    if told[at] == 'last-generated-id' then
      return told[at + 1]
    end
  end
  return ''
end

-- Takes moments for as many changes, in microseconds, and answers the one before the first.
local function take_moments(book, changes)
  local time = redis.call('TIME')
  local before = math.max(tonumber(redis.call('HGET', book, 'moment')) or 0,
    time[1] * 1000000 + time[2])
  redis.call('HSET', book, 'moment', string.format('%.0f', before + changes))
  return before
end

-- Notes what the last writer left.
local function close_ledger(book, last, stored)
  redis.call('HSET', book, 'last', last, 'size', stored)
end

-- Opens the ledger, and answers its epoch.
local function open_ledger(book, stream, stored)
  local held = redis.call('HMGET', book, 'last', 'size', 'epoch')
  local last = end_of(stream)
  if held[3] and held[1] == last and held[2] == stored then
    return tonumber(held[3])
  end
  close_ledger(book, last, stored)
  return redis.call('HINCRBY', book, 'epoch', 1)
end

local function stored_of(counts, name)
  return redis.call('HGET', counts, name) or '0'
end

local function enlist(list, key, moment)
  redis.call('ZADD', list, string.format('%.0f', moment), key)
end

-- Notes that what is read beside a record has changed, or its vectors have.
local function note(lists, key, owner, moment)
  redis.call('ZADD', lists .. owner, 'XX', string.format('%.0f', moment), key)
end

local function strike(list, key)
  if redis.call('ZREM', list, key) == 1 and redis.call('ZCARD', list) == 1
    and redis.call('ZSCORE', list, '') then
    redis.call('DEL', list)
  end
end
