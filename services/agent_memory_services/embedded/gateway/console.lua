-- Guards the console's answers and says how long they may be kept. Envoy's file server knows no
-- headers of its own, and those of a route are added to what comes from a service alone.
--
-- GUARDS stands before this text: the headers that every answer has.

-- The name of an asset ends in a digest of its content. A page names the assets of its own version,
-- and an error lasts as long as its cause: while versions change, another replica has the file.
local function caching(status, kind)
  if status ~= "200" then return "no-store" end
  return kind:find("^text/html") and "no-cache" or "public, max-age=31536000, immutable"
end

function envoy_on_response(response)
  local headers = response:headers()
  for name, value in pairs(GUARDS) do headers:replace(name, value) end
  headers:replace("cache-control", caching(headers:get(":status"), headers:get("content-type") or ""))
end
