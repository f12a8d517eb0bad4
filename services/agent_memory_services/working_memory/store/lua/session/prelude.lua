-- What the scripts share: time, and a session's place in the listings.
--
-- All keys of a session, of its partition's listings and of its partition's outbox carry the same
-- hash tag. The names of listings are completed here, because they depend on the session's owner.
--
-- An `address` is a session's partition, tenant, namespace and name, spelled for keys.

-- Microseconds need all digits of a double; Lua's own conversion would keep fourteen.
local function whole(number)
  return string.format('%.0f', number)
end

local function now_micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- A caller names an owner, and may be confined to some.
local function may_touch(caller, owner)
  local allowed = not caller.users
  for _, user in ipairs(caller.users or {}) do
    allowed = allowed or user == owner
  end
  return allowed and (caller.user == '' or owner == '' or caller.user == owner)
end

local function member_of(address)
  return address.tenant .. ':' .. address.namespace .. ':' .. address.session
end

local function address_of(partition, member)
  local tenant, namespace, session = member:match('^([^:]+):([^:]+):([^:]+)$')
  return { partition = partition, tenant = tenant, namespace = namespace, session = session }
end

local function listing_keys(address, owner)
  local all = address.partition .. ':sessions:' .. address.tenant
  return {
    all,
    all .. ':n:' .. address.namespace,
    all .. ':u:' .. owner,
    all .. ':n:' .. address.namespace .. ':u:' .. owner,
  }
end

local function unlist(address, owner)
  for _, key in ipairs(listing_keys(address, owner)) do
    redis.call('ZREM', key, address.namespace .. ':' .. address.session)
  end
end

local function unlink(parts)
  for _, key in pairs(parts) do
    redis.call('UNLINK', key)
  end
end
