-- Creates a view; answers the one that has its id already, or false.
local key = base .. 'view:' .. view
local found = call('HGET', key, 'content')
if found then
  return found
end
call('HSET', key, 'content', content, 'etag', etag, 'edition', edition, 'tenant', tenant_name)
call('ZADD', base .. 'views:' .. tenant, 0, view_id)
if continuous then
  call('ZADD', base .. 'refresh', now, view)
end
return false
