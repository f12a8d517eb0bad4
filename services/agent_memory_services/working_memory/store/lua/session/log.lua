-- A stretch of a session's log; nothing where the session does not exist.
--
-- It starts at a position, or at the end that the direction begins at, and goes 1 or -1 each step.
-- Answers the incarnation, its owner, the last position of the log, the first one that is answered,
-- and the messages.

local CHUNK = 1000

local uid, user, last = unpack(redis.call('HMGET', meta, 'uid', 'user', 'sequence'))
if not uid then
  return nil
end

-- A caller may name any position; only those that the log has are gone through.
last = tonumber(last)
local low, high
if step > 0 then
  low = math.max(start or 1, 1)
  high = math.min(low + count - 1, last)
else
  high = math.min(start or last, last)
  low = math.max(high - count + 1, 1)
end

local function read(first, stop)
  local sequences = {}
  for sequence = first, stop do
    sequences[#sequences + 1] = whole(sequence)
  end
  return redis.call('HMGET', log, unpack(sequences))
end

local messages = {}
for first = low, high, CHUNK do
  for _, message in ipairs(read(first, math.min(first + CHUNK - 1, high))) do
    messages[#messages + 1] = message
  end
end
if step > 0 then
  return { uid, user, last, low, messages }
end
local latest_first = {}
for index = #messages, 1, -1 do
  latest_first[#latest_first + 1] = messages[index]
end
return { uid, user, last, high, latest_first }
