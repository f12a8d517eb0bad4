-- What the scripts share: arguments, time, and a session's place in the listings.
--
-- All keys of a session, of its partition's listings and of its partition's outbox carry the same
-- hash tag. The names of listings are completed here, because they depend on the session's owner.

local cursor = 0

local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local function take_number()
  return tonumber(take())
end

-- Microseconds need all digits of a double; Lua's own conversion would keep fourteen.
local function whole(number)
  return string.format('%.0f', number)
end

local function now_micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- The caller: the owner that it names, and the owners that it is confined to, if it is.
local function take_caller()
  local caller = { user = take(), users = take() == '1' and {} or nil }
  for _ = 1, take_number() do
    caller.users[take()] = true
  end
  return caller
end

local function may_touch(caller, owner)
  if caller.users and not caller.users[owner] then
    return false
  end
  return caller.user == '' or owner == '' or caller.user == owner
end

local function listing_keys(partition, tenant, namespace, owner)
  local all = partition .. ':sessions:' .. tenant
  return {
    all,
    all .. ':n:' .. namespace,
    all .. ':u:' .. owner,
    all .. ':n:' .. namespace .. ':u:' .. owner,
  }
end

local function unlist(partition, tenant, namespace, session, owner)
  for _, key in ipairs(listing_keys(partition, tenant, namespace, owner)) do
    redis.call('ZREM', key, namespace .. ':' .. session)
  end
end
