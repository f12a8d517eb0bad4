-- A stretch of a session's log; nothing where the session does not exist.
--
-- It starts at a position, or at the end that the direction begins at, and goes 1 or -1 each step.
-- Answers the incarnation, its owner, the last position of the log, the first one that is answered,
-- and the messages: as they are shown or, where there is a bound, as they were said, until they take
-- `most_bytes`, and at least one.

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

local function read(sequence)
  if not most_bytes then
    return redis.call('HGET', log, sequence)
  end
  local shown, said = unpack(redis.call('HMGET', log, sequence, sequence .. ':whole'))
  return said or shown
end

local messages, bytes = {}, 0
local start_at = step > 0 and low or high
for index = 0, high - low do
  if most_bytes and bytes >= most_bytes then
    break
  end
  local message = read(whole(start_at + index * step))
  messages[#messages + 1] = message
  bytes = bytes + #message
end
return { uid, user, last, start_at, messages }
