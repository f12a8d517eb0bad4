-- Counts of what happened, by minutes and by hours: two rings of fields in one hash, of fixed size.
-- A field is named by its ring, its place there and what it is about, such as `h17:gpt-4o-mini`. It
-- holds the number of its period since the epoch, sums, and the largest of one value. What is left
-- of an earlier round of the ring is overwritten.
local RINGS = { m = { seconds = 60, periods = 60 }, h = { seconds = 3600, periods = 168 } }

-- Adds amounts to the periods of a second since the epoch.
local function tally(key, second, name, amounts, largest)
  for unit, ring in pairs(RINGS) do
    local period = math.floor(second / ring.seconds)
    local field = unit .. period % ring.periods .. ':' .. name
    local kept = {}
    for number in (redis.call('HGET', key, field) or ''):gmatch('%d+') do
      kept[#kept + 1] = tonumber(number)
    end
    if kept[1] ~= period then
      kept = { period }
      redis.call('EXPIRE', key, RINGS.h.seconds * RINGS.h.periods)
    end
    for at, amount in ipairs(amounts) do
      kept[at + 1] = (kept[at + 1] or 0) + amount
    end
    local last = #amounts + 2
    kept[last] = math.max(kept[last] or 0, largest)
    for at, number in ipairs(kept) do
      kept[at] = string.format('%.0f', number)
    end
    redis.call('HSET', key, field, table.concat(kept, ' '))
  end
end

-- Answers the length of a period in seconds, the number of the oldest one that is kept, and of each
-- field the name and the figures.
local function tallied(key, second, unit)
  local ring = RINGS[unit]
  local oldest = math.floor(second / ring.seconds) - ring.periods + 1
  local found, flat = {}, redis.call('HGETALL', key)
  for at = 1, #flat, 2 do
    local place, name = flat[at]:match('^(%a)%d+:(.*)$')
    local period = place == unit and tonumber(flat[at + 1]:match('^%d+'))
    if period and period >= oldest then
      found[#found + 1] = { name, flat[at + 1] }
    end
  end
  return { ring.seconds, oldest, found }
end
