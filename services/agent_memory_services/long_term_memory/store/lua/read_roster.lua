-- Reads what changed of an owner's memories since a moment, the earliest change first, at most so many.
-- Answers {'listed', how many memories there are, the moment of the last change, and in turn the key,
-- the moment and the fields of each}; {'unlisted', epoch} where the roster is not complete, and
-- {'large'} where it has more than `most` memories.

local epoch = open_ledger(ledger, feed, stored_of(sizes, tenant))
local mark = redis.call('ZSCORE', roster, '')
if not mark or tonumber(mark) ~= -epoch then
  return {'unlisted', epoch}
end
local count = redis.call('ZCARD', roster) - 1
if count > most then
  return {'large'}
end
local last = redis.call('ZRANGE', roster, -1, -1, 'WITHSCORES')[2]
local answer = {'listed', count, last}
local changed = redis.call('ZRANGE', roster, string.format('(%.0f', since), '+inf', 'BYSCORE',
  'LIMIT', 0, at_a_time, 'WITHSCORES')
for at = 1, #changed, 2 do
  answer[#answer + 1] = changed[at]
  answer[#answer + 1] = changed[at + 1]
  answer[#answer + 1] = redis.call('HMGET', changed[at], unpack(wanted))
end
return answer
