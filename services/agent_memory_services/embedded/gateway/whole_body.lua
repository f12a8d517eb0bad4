-- Marks a request as JSON, lets its body through as far as it may be long, and reads the rest of
-- one that is longer without keeping it: a client that is cut off while it sends sees no answer.
-- The refusal comes from the next script, which waits for the end of the body.
--
-- Headers that a service could not read do not reach it: it would end the call without a reason.
--
-- A head that is too large, or has too many headers, is refused here: by itself Envoy would end the
-- whole connection of HTTP/2 for it.
--
-- LIMITS stands before this text: how many bytes a body may have, and how many are read at most;
-- how many bytes path and headers may have, and how many headers there may be.

-- What each header takes beside its name and value, as HTTP/2 counts it.
local EACH = 4

-- Removes headers whose names the metadata of gRPC cannot hold, and from JSON also those that have
-- a meaning or an encoding in gRPC alone. Answers whether the head is larger than it may be.
local function drop_unreadable(headers, is_grpc)
  local unreadable, bytes, count = {}, 0, 0
  for name, value in pairs(headers) do
    bytes, count = bytes + #name + #value + EACH, count + (name:sub(1, 1) == ":" and 0 or 1)
    if name:find("[^:a-z0-9_.-]") or (not is_grpc and (name:find("^grpc%-") or name:find("%-bin$")))
    then
      table.insert(unreadable, name)
    end
  end
  for _, name in ipairs(unreadable) do headers:remove(name) end
  return bytes > LIMITS.head or count > LIMITS.headers
end

function envoy_on_request(request)
  local headers = request:headers()
  local is_grpc = (headers:get("content-type") or ""):find("^application/grpc") ~= nil
  local is_large = drop_unreadable(headers, is_grpc)
  if is_large then return request:respond({[":status"] = "431"}, "") end
  if is_grpc then return end
  -- A CONNECT has no path, and no end.
  if not headers:get(":path") then return request:respond({[":status"] = "404"}, "") end
  local notes = request:streamInfo():dynamicMetadata()
  notes:set("agent_memory", "json", true)
  local declared = tonumber(headers:get("content-length") or "") or 0
  if declared > LIMITS.read then return request:respond({[":status"] = "413"}, "") end
  local total, too_large = 0, declared > LIMITS.body
  if too_large then
    notes:set("agent_memory", "too_large", true)
    -- To the route on which a client that sends nothing of it has its answer soon.
    request:clearRouteCache()
  end
  for chunk in request:bodyChunks() do
    total = total + chunk:length()
    if total > LIMITS.body and not too_large then
      too_large = true
      request:streamInfo():dynamicMetadata():set("agent_memory", "too_large", true)
    end
    -- Beyond that it is buffered again, until the buffer's limit ends it.
    if too_large and total <= LIMITS.read then chunk:setBytes("") end
  end
end
