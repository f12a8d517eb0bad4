-- Sessions that live for a time only: the store drops them, the listings have to follow.

-- A partition's expiry: a sorted set of `tenant:namespace:session` by the time they will be gone,
-- and a hash of the same members with the owner under whom they are listed.
local function expiry_keys(partition)
  return partition .. ':expiry', partition .. ':expiring'
end

local function forget_expiry(partition, member)
  local expiry, expiring = expiry_keys(partition)
  redis.call('ZREM', expiry, member)
  redis.call('HDEL', expiring, member)
end

-- Takes sessions that have expired out of the listings, at most `most`, and answers how many;
-- whoever watches them is told.
local function sweep(partition, now, most)
  local expiry, expiring = expiry_keys(partition)
  local due = redis.call('ZRANGEBYSCORE', expiry, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(due) do
    unlist(address_of(partition, member), redis.call('HGET', expiring, member))
    forget_expiry(partition, member)
    tell(partition, member, 'deleted', now, {})
  end
  return #due
end
