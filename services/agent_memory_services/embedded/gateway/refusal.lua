-- Says which field of a JSON request is at fault, and what it must be, in the services' own shape.
--
-- The transcoder says it in words of its own and repeats the value, which is somebody's text. Its
-- answers, and those of the scripts here, come marked and as they said it.
--
-- INFO and ENUMS stand before this text: the ErrorInfo, and the names of all enumerations.

local MARK = "x-agent-memory-said"
local LONGEST = 256
local ANOTHER_TYPE = "must have the type that the contract says"

local TYPES = {
  TYPE_BOOL = "must be true or false",
  TYPE_STRING = "must be a text",
  TYPE_BYTES = "must be bytes in base64",
  TYPE_FLOAT = "must be a number",
  TYPE_DOUBLE = "must be a number",
  ["google.protobuf.Timestamp"] = "must be a time such as 2024-01-31T12:00:00Z",
  ["google.protobuf.Duration"] = "must be a duration such as 1.5s",
  ["google.protobuf.FieldMask"] = "must be names of fields with commas between",
}

local function rule_of(kind)
  kind = kind:gsub("^type%.googleapis%.com/", "")
  if kind:find("^TYPE_S?U?INT") or kind:find("^TYPE_S?FIXED") then
    return "must be a whole number"
  end
  if ENUMS[kind] or kind == "TYPE_ENUM" then return "must be a value of its enumeration" end
  return TYPES[kind] or (kind:find("%.") and "must be an object of its fields") or ANOTHER_TYPE
end

-- The field, and the rule that it breaks, in the transcoder's answer.
local function transcoder(said)
  local field, kind = said:match("^(%S*): invalid value .* for type (%S+)$")
  if field and field ~= "" then return (field:gsub("%]%[.*$", "]")), rule_of(kind) end
  field = said:match("^: invalid value Starting an object .* for type (%S+)$")
    or said:match("^: invalid value .*for field '([%w_]+)'")
  -- Its own name, without that of what it is in.
  if field then return "", field .. " " .. ANOTHER_TYPE end
  field = said:match('^Could not find field "(.*)" in the type')
  if field then return "", 'unknown field "' .. field .. '"' end
  return "", "the request is not valid JSON of this interface"
end

-- Names of fields as they are; what a caller wrote in the place of one, as far as it is plain.
local function plain(text)
  return (text:sub(1, LONGEST):gsub('[^%w_.%[%] ,:;()"-]', "?"):gsub('"', '\\"'))
end

function envoy_on_response(response)
  local headers = response:headers()
  if not headers:get(MARK) then return end
  headers:remove(MARK)
  local body = response:body(true)
  local said = body:getBytes(0, body:length())
  local field, rule, message = said:match("^said\n([^\n]*)\n([^\n]*)\n([^\n]*)$")
  if not field then
    field, rule = transcoder(said)
    message = field == "" and rule or field .. ": " .. rule
  end
  local violation = '{"field":"' .. plain(field) .. '","description":"' .. plain(rule) .. '"}'
  local text = '{"code":3,"message":"' .. plain(message) .. '","details":[' .. INFO
    .. ',{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":['
    .. violation .. ']}]}'
  body:setBytes(text)
  headers:replace("content-length", tostring(#text))
end
