-- A session with the latest messages of its view; nothing where it does not exist.
--
-- KEYS  the session's meta, log, view, memories
-- ARGV  the most messages and tokens a reader wants, empty for no limit; '1' for memories
--
-- Answers a little more than wanted: messages are taken from the end until they exceed a limit,
-- and then up to a message that answers no tool call. Where to cut is the reader's rule.

local CHUNK = 128
local DIGEST_BYTES = 16

local meta, log, view, memories = unpack(KEYS)
local most_messages, most_tokens = take_number(), take_number()
local wants_memories = take() == '1'

local fields = redis.call('HGETALL', meta)
if #fields == 0 then
  return nil
end

local size = redis.call('LLEN', view)
local places, tokens = {}, 0 -- the latest first

local function satisfied()
  return (most_messages and #places > most_messages) or (most_tokens and tokens > most_tokens)
end

local function add(place)
  places[#places + 1] = place
  tokens = tokens + tonumber(place:match('^%d+', DIGEST_BYTES + 2))
  local is_answer = place:sub(DIGEST_BYTES + 1, DIGEST_BYTES + 1) == 'a'
  return satisfied() and not is_answer
end

local function gather()
  for stop = size - 1, 0, -CHUNK do
    local chunk = redis.call('LRANGE', view, math.max(0, stop - CHUNK + 1), stop)
    for index = #chunk, 1, -1 do
      if add(chunk[index]) then
        return
      end
    end
  end
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

gather()
return {
  fields, size, places, messages(), wants_memories and redis.call('HVALS', memories) or {},
}
