-- Refuses a JSON body with a field that its message does not have. The transcoder drops such a
-- field without a word, and a misspelt filter would then find everything. Texts and numbers that
-- no message can hold are refused here too, because the transcoder does not say where they stand.
--
-- ROUTES and TYPES stand before this text: by HTTP method the patterns of paths, the shape of their
-- bodies and the field of the request that is the body, and for each type the shapes of its fields.
-- A shape is the number of a type, {values = shape} for a map, or true for what needs no look inside.

-- `trail` holds the names on the way to a value as the caller wrote them, `place` the same as the
-- contract writes them, as far as it knows them: nothing for the keys of a map and what is in them.
local text, trail, place, unknown

-- The next script makes a status of it: the field, the rule that it breaks, and both for people.
local function refuse(field, rule, message)
  error({said = {"said", field, (rule:gsub("\n", " ")), (message:gsub("\n", " "))}}, 0)
end

local function malformed(at)
  local rule = "the body is not valid JSON at byte " .. at
  refuse("", rule, rule)
end

local function field_at(depth)
  return (table.concat(place, "", 1, depth):gsub("^%.", ""))
end

local function skip_space(at)
  return text:match("^[ \t\r\n]*()", at)
end

local function expect(character, at)
  if text:sub(at, at) ~= character then malformed(at) end
  return at + 1
end

local function quoted(at)
  local from = expect('"', at)
  local to = from
  while true do
    local stop = text:find('["\\]', to)
    if not stop then malformed(at) end
    if text:sub(stop, stop) == '"' then return text:sub(from, stop - 1), stop + 1 end
    to = stop + 2
  end
end

local function refuse_here(rule)
  local path = table.concat(trail, ".")
  refuse(field_at(#place), rule, path == "" and rule or path .. ": " .. rule)
end

-- Half of a surrogate pair is no character; `\\ud800` is a backslash and five letters.
local function refuse_lone_surrogates(content)
  if not content:find("\\u[dD][89a-fA-F]") then return end
  content = content:gsub("\\\\", " "):gsub("\\u[dD][89abAB]%x%x\\u[dD][c-fC-F]%x%x", "")
  if content:find("\\u[dD][89a-fA-F]") then refuse_here("must be Unicode text") end
end

local function refuse_endless(number)
  if number and not (number - number == 0) then refuse_here("must be a finite number") end
end

local value

-- Reads `open item, item close` and returns the position behind it.
local function sequence(at, close, item)
  at = skip_space(at + 1)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip_space(item(at))
    if text:sub(at, at) == close then return at + 1 end
    at = skip_space(expect(",", at))
  end
end

local function shape_of_field(shape, name)
  if shape == true then return true end
  if type(shape) == "table" then return shape.values end
  return TYPES[shape][name] or refuse(
    field_at(#place - 1),
    "unknown field \"" .. name .. "\"",
    "unknown field \"" .. table.concat(trail, ".") .. "\""
  )
end

local function snake(letter)
  return "_" .. letter:lower()
end

local function object(at, shape)
  return sequence(at, "}", function(position)
    local name, after = quoted(position)
    refuse_lone_surrogates(name)
    local known = type(shape) == "number" and unknown == 0
    table.insert(trail, name)
    table.insert(place, known and "." .. name:gsub("%u", snake) or "")
    unknown = unknown + (known and 0 or 1)
    after = expect(":", skip_space(after))
    after = value(after, shape_of_field(shape, name))
    unknown = unknown - (known and 0 or 1)
    table.remove(trail)
    table.remove(place)
    return after
  end)
end

local function array(at, shape)
  local index, list = 0, place[#place]
  return sequence(at, "]", function(position)
    -- No field holds lists in a list: an item that is one is at fault as a whole.
    local numbered = list ~= "" and list:sub(-1) ~= "]" and unknown == 0
    if numbered then place[#place] = list .. "[" .. index .. "]" end
    index = index + 1
    position = value(position, shape)
    place[#place] = list
    return position
  end)
end

function value(at, shape)
  at = skip_space(at)
  local first = text:sub(at, at)
  if first == "{" then return object(at, shape) end
  if first == "[" then return array(at, shape) end
  if first == '"' then
    local content, after = quoted(at)
    refuse_lone_surrogates(content)
    return after
  end
  local word, after = text:match("^([%w+.-]+)()", at)
  if not word then malformed(at) end
  refuse_endless(tonumber(word))
  return after
end

local function document(shape)
  local after = skip_space(value(1, shape))
  if after <= #text then malformed(after) end
end

local function shape_of_body(method, path)
  -- The transcoder overlooks slashes at the end.
  path = path:match("^[^?]*"):gsub("/+$", "")
  for _, route in ipairs(ROUTES[method] or {}) do
    if path:find(route[1]) then return route[2], route[3] end
  end
end

function envoy_on_request(request)
  local notes = request:streamInfo():dynamicMetadata():get("agent_memory")
  if not (notes and notes.json) then return end
  -- No service hears of a call before its body is here.
  local body = request:body()
  notes = request:streamInfo():dynamicMetadata():get("agent_memory")
  if notes.too_large then return request:respond({[":status"] = "413"}, "") end
  local headers = request:headers()
  local shape, field = shape_of_body(headers:get(":method"), headers:get(":path"))
  if not shape or not body or body:length() == 0 then return end
  text, trail, place, unknown = body:getBytes(0, body:length()), {}, {field}, 0
  local fine, problem = pcall(document, shape)
  if fine then return end
  local deep = "the body is nested too deeply"
  local said = problem.said or {"said", "", deep, deep}
  request:respond({[":status"] = "400"}, table.concat(said, "\n"))
end
