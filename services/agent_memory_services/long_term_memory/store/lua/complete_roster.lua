-- Completes the roster of an owner by the memories that the index has of the owner, as long as the
-- epoch is the one in which the index was asked. Answers 1, or 0 where it is another one.

if open_ledger(ledger, feed, stored_of(sizes, tenant)) ~= epoch then
  return 0
end
local known = {}
for _, key in ipairs(memories) do
  known[key] = true
end
for _, key in ipairs(redis.call('ZRANGE', roster, 0, -1)) do
  known[key] = true
end
local own = {}
for key in pairs(known) do
  if key ~= '' and redis.call('HGET', key, 'user') == owner then
    own[#own + 1] = key
  else
    redis.call('ZREM', roster, key)
  end
end
local moment = take_moments(ledger, #own)
for at, key in ipairs(own) do
  enlist(roster, key, moment + at)
end
if #own > 0 then
  redis.call('ZADD', roster, -epoch, '')
end
return 1
