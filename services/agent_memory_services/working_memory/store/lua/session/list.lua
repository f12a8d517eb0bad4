-- A page of a partition's listing, the latest written first, free of expired sessions.
--
-- It goes on from a score where one is given.
--
-- Answers whether more expired sessions wait to be swept (the page is then to be asked for again),
-- how many sessions are listed, and members with their scores. A page that goes on begins with
-- everything of its score: the caller knows where among those it stopped.

local SWEEP = 1000

if sweep(partition, now_micros(), SWEEP) == SWEEP then
  return { 1 }
end

local upper = '+inf'
if score then
  upper = whole(score)
  count = count + redis.call('ZCOUNT', listing, upper, upper)
end
local page =
  redis.call('ZREVRANGEBYSCORE', listing, upper, '-inf', 'WITHSCORES', 'LIMIT', 0, count)
return { 0, redis.call('ZCARD', listing), page }
