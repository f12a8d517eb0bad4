-- Reads revisions of a memory, the latest first, and the memory as it is.
-- Begins below a number, or with the latest for 0, and reads a count of them.
-- Answers the fields of the memory, the number of its last revision and of the first that is read
-- (0 where there is none), the record that this one left for the next to find, and then in turn
-- each revision and the record that it found.

local present = redis.call('HMGET', memory, 'record', 'access', 'access_count')
local last = tonumber(redis.call('HGET', revisions, 'last') or 0)
local first = last
if below > 0 and below <= last then
  first = below - 1
end
local names = {first + 1 .. ':before'}
for number = first, math.max(1, first - count + 1), -1 do
  names[#names + 1] = number
  names[#names + 1] = number .. ':before'
end
return {present, last, first, redis.call('HMGET', revisions, unpack(names))}
