-- Records a summary and takes what it covers out of the view: both, or nothing.
--
-- KEYS  the session's meta, view
-- ARGV  see `recorder.py`, which passes them in the order in which they are taken here
--
-- Refuses where the session is another one, its context is no longer the one that the summary
-- continues, or the view no longer begins with what it covers. Messages that joined meanwhile
-- stay. Neither the session's time to live nor its place in listings changes: nobody wrote to it.

local DIGEST_BYTES = 16

local meta, view = unpack(KEYS)
local partition, member, uid = take(), take(), take()
local names = { 'context', 'context_first', 'context_last' }
local continued = { take(), take(), take() }
local recorded = { take(), take(), take() }
local covered = {}
for index = 1, take_number() do
  covered[index] = take()
end
local trigger = take_trigger()

local held = {}
for index, name in ipairs({ 'uid', 'version', 'tokens', 'window', unpack(names) }) do
  held[name] = redis.call('HGET', meta, name) or ''
end
if held.uid ~= uid then
  return { 'stale' }
end
for index, name in ipairs(names) do
  if held[name] ~= continued[index] then
    return { 'stale' }
  end
end
local head = redis.call('LRANGE', view, 0, #covered - 1)
for index, place in ipairs(covered) do
  if head[index] ~= place then
    return { 'stale' }
  end
end

local tokens = tonumber(held.tokens)
for _, place in ipairs(covered) do
  tokens = tokens - tonumber(place:match('^%d+', DIGEST_BYTES + 2))
end
held.tokens = whole(tokens)
local version = tonumber(held.version) + 1
redis.call('LTRIM', view, #covered, -1)
redis.call('HSET', meta, 'tokens', held.tokens, 'version', whole(version))
for index, name in ipairs(names) do
  redis.call('HSET', meta, name, recorded[index])
end
forget_summary(partition, member)
local now = now_micros()
queue_summary(partition, member, trigger, held, now)
tell(partition, member, 'summarized', now, { 'uid', uid, 'version', whole(version) })
return { 'ok', version }
