-- Takes some views whose time to be looked into has come, and sets the next time after a pause in
-- microseconds: whoever takes them looks, and nobody else. Answers four values for each.
local answer = {}
local due = call('ZRANGE', base .. 'refresh', '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
for _, view in ipairs(due) do
  local found = call('HMGET', base .. 'view:' .. view, 'tenant', 'content', 'edition', 'seen')
  if found[1] then
    call('ZADD', base .. 'refresh', now + pause, view)
    for i = 1, 4 do
      answer[#answer + 1] = found[i] or ''
    end
  else
    call('ZREM', base .. 'refresh', view)
  end
end
return answer
