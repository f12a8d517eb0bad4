-- A stretch of a session's log; nothing where the session does not exist.
--
-- KEYS  the session's meta, log
-- ARGV  the position to start from, empty for the end that the direction begins at; how many; the
--       direction, 1 or -1

local CHUNK = 1000

local meta, log = unpack(KEYS)
local from, count, step = take_number(), take_number(), take_number()

local uid, user, last = unpack(redis.call('HMGET', meta, 'uid', 'user', 'sequence'))
if not uid then
  return nil
end

last = tonumber(last)
from = from or (step > 0 and 1 or last)
local sequences = {}
for sequence = from, from + step * (count - 1), step do
  if sequence >= 1 and sequence <= last then
    sequences[#sequences + 1] = whole(sequence)
  end
end

local messages = {}
for first = 1, #sequences, CHUNK do
  local stop = math.min(first + CHUNK - 1, #sequences)
  for _, message in ipairs(redis.call('HMGET', log, unpack(sequences, first, stop))) do
    messages[#messages + 1] = message
  end
end
return { uid, user, last, messages }
