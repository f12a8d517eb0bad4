-- Reads revisions of a memory, the latest first, and the memory as it is.
-- KEYS: its revisions, the memory. ARGV: the number below which to begin, or 0 for the latest, and
-- how many to read.
-- Answers the fields of the memory, the number of its last revision and of the first that is read
-- (0 where there is none), the record that this one left for the next to find, and then in turn
-- each revision and the record that it found.

local revisions_key, memory_key = KEYS[1], KEYS[2]
local below, count = tonumber(ARGV[1]), tonumber(ARGV[2])

local present = redis.call('HMGET', memory_key, 'record', 'access', 'access_count')
local last = tonumber(redis.call('HGET', revisions_key, 'last') or 0)
local first = last
if below > 0 and below <= last then
  first = below - 1
end
local names = {first + 1 .. ':before'}
for number = first, math.max(1, first - count + 1), -1 do
  names[#names + 1] = number
  names[#names + 1] = number .. ':before'
end
return {present, last, first, redis.call('HMGET', revisions_key, unpack(names))}
