-- A session with the latest messages of its view; nothing where it does not exist.
--
-- KEYS  the session's meta, log, view, memories
-- ARGV  the most messages and tokens a reader wants, empty for no limit; '1' for memories; of what
--       one reader has read before, how many messages and tokens, and the session's version then,
--       empty at first
--
-- Answers a little more than wanted: messages are taken from the end until they exceed a limit,
-- and then up to a message that answers no tool call. Where to cut is the reader's rule.
--
-- A long view is read in parts, so that nobody waits for all of it: the answer begins with the
-- number of tokens so far where more is wanted, and with -1 at the end. Whoever goes on is answered
-- 'stale' where the session was written in between.

local PART = 2048 -- messages
local CHUNK = 128
local DIGEST_BYTES = 16

local meta, log, view, memories = unpack(KEYS)
local most_messages, most_tokens = take_number(), take_number()
local wants_memories = take() == '1'
local skipped, tokens, version = take_number(), take_number(), take()

local fields = {}
if version == '' then
  fields = redis.call('HGETALL', meta)
  if #fields == 0 then
    return nil
  end
elseif redis.call('HGET', meta, 'version') ~= version then
  return { 'stale' }
end

local size = redis.call('LLEN', view)
local places = {} -- the latest first

local function satisfied()
  return (most_messages and skipped + #places > most_messages)
    or (most_tokens and tokens > most_tokens)
end

local function add(place)
  places[#places + 1] = place
  tokens = tokens + tonumber(place:match('^%d+', DIGEST_BYTES + 2))
  local is_answer = place:sub(DIGEST_BYTES + 1, DIGEST_BYTES + 1) == 'a'
  return satisfied() and not is_answer
end

-- Answers whether more is wanted.
local function gather()
  local last = size - 1 - skipped
  for stop = last, math.max(0, last - PART + 1), -CHUNK do
    local chunk = redis.call('LRANGE', view, math.max(0, stop - CHUNK + 1), stop)
    for index = #chunk, 1, -1 do
      if add(chunk[index]) then
        return false
      end
    end
  end
  return skipped + #places < size
end

local function messages()
  local found = {}
  for first = 1, #places, CHUNK do
    local sequences = {}
    for index = first, math.min(first + CHUNK - 1, #places) do
      sequences[#sequences + 1] = places[index]:match(':(%d+)$', DIGEST_BYTES + 2)
    end
    for _, message in ipairs(redis.call('HMGET', log, unpack(sequences))) do
      found[#found + 1] = message
    end
  end
  return found
end

local more = gather()
return {
  more and tokens or -1, fields, size, places, messages(), wants_memories and redis.call('HVALS', memories) or {},
}
