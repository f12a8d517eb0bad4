-- Records a summary and takes what it covers out of the view: both, or nothing.
--
-- Refuses where the session is another one, its context is no longer the one that the summary
-- continues, or the view no longer begins with what it covers. Messages that joined meanwhile
-- stay. Neither the session's time to live nor its place in listings changes: nobody wrote to it.

local DIGEST_BYTES = 16

local function position(number)
  return number and whole(number) or ''
end

-- The fields of meta that hold a context.
local function context_fields(context)
  return {
    'context', context.text,
    'context_first', position(context.first),
    'context_last', position(context.last),
  }
end

local held = {}
for _, name in ipairs({ 'uid', 'version', 'tokens', 'window' }) do
  held[name] = redis.call('HGET', meta, name) or ''
end
if held.uid ~= uid then
  return { 'stale' }
end
local before = context_fields(continued)
for index = 1, #before, 2 do
  if (redis.call('HGET', meta, before[index]) or '') ~= before[index + 1] then
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
redis.call('HSET', meta, unpack(context_fields(recorded)))
forget_summary(partition, member)
local now = now_micros()
queue_summary(partition, member, trigger, held, now, false)
tell(partition, member, 'summarized', now, { 'uid', uid, 'version', whole(version) })
return { 'ok', version }
