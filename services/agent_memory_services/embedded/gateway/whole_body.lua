-- Marks a request as JSON, lets its body through as far as it may be long, and reads the rest of
-- one that is longer without keeping it: a client that is cut off while it sends sees no answer.
-- The refusal comes from the next script, which waits for the end of the body.
--
-- LIMITS stands before this text: how many bytes a body may have, and how many are read at most.

function envoy_on_request(request)
  local headers = request:headers()
  if (headers:get("content-type") or ""):find("^application/grpc") then return end
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
