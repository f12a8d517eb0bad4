-- A session with the latest messages of its view; nothing where it does not exist.
--
-- Answers a little more than the most messages and tokens that are wanted, where there is a limit:
-- messages are taken from the end until they exceed a limit, and then up to a message that answers
-- no tool call. Where to cut is the reader's rule.
--
-- A long view and many memories are read in parts, so that nobody waits for all of them. A reader
-- says how many messages it has `read` and their tokens, nothing where it has all it wants; where
-- to go on in the memories, from '0' on, and '' where it wants none; and the session's version at
-- its first part, empty then. The answer begins with the number of tokens so far, -1 at the end of
-- the messages, and where to go on in the memories, '' at their end. Memories may come twice.
-- Whoever goes on is answered 'stale' where the session was written in between.

local PART = 2048 -- messages
local MEMORIES = 512
local CHUNK = 128
local DIGEST_BYTES = 16

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
  return (most_messages and read + #places > most_messages)
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
  local last = size - 1 - read
  for stop = last, math.max(0, last - PART + 1), -CHUNK do
    local chunk = redis.call('LRANGE', view, math.max(0, stop - CHUNK + 1), stop)
    for index = #chunk, 1, -1 do
      if add(chunk[index]) then
        return false
      end
    end
  end
  return read + #places < size
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

local function some_memories()
  local found, cursor = {}, memories_from
  repeat
    local values
    cursor, values = unpack(redis.call('HSCAN', memories, cursor, 'COUNT', MEMORIES))
    for index = 2, #values, 2 do
      found[#found + 1] = values[index]
    end
  until cursor == '0' or #found >= MEMORIES
  return cursor == '0' and '' or cursor, found
end

local more = read and gather()
local following, found = '', {}
if memories_from ~= '' then
  following, found = some_memories()
end
return { more and tokens or -1, following, fields, size, places, messages(), found }
