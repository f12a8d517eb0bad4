-- The wire format of protocol buffers, for messages that only a script can complete. Releases up to
-- 0.1 read nothing else from the outbox and the log; from the next on, no script has to write it:
-- see "Changes that take two releases" in docs/operations/upgrade.md.

local function varint(number)
  local bytes = {}
  while number >= 128 do
    bytes[#bytes + 1] = string.char(number % 128 + 128)
    number = math.floor(number / 128)
  end
  bytes[#bytes + 1] = string.char(number)
  return table.concat(bytes)
end

local function delimited(field, bytes)
  return string.char(field * 8 + 2) .. varint(#bytes) .. bytes
end

local function numeric(field, number)
  return string.char(field * 8) .. varint(number)
end

local function optional(field, bytes)
  return bytes == '' and '' or delimited(field, bytes)
end
