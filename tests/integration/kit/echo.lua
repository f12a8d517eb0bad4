-- Answers what it took, as JSON; numbers as texts, of which JSON in Lua would drop digits.

local function shown(value)
  if type(value) == 'number' then
    return string.format('number %.0f', value)
  end
  if type(value) ~= 'table' then
    return value
  end
  local copy = {}
  for name, each in pairs(value) do
    copy[name] = shown(each)
  end
  return copy
end

return cjson.encode(shown({
  key = key, keys = keys, text = text, number = number, maybe = maybe, flag = flag,
  record = record, absent = absent, records = records, names = names, users = users,
  pairs = by_name,
}))
