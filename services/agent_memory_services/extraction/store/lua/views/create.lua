-- Creates a view; answers the one that has its id already, or false.
local tenant, view, id, content, etag, edition, tenant_name = unpack(ARGV, 4, 10)
local continuous = ARGV[11] == '1'
local key = base .. 'view:' .. view
local found = call('HGET', key, 'content')
if found then
  return found
end
call('HSET', key, 'content', content, 'etag', etag, 'edition', edition, 'tenant', tenant_name)
call('ZADD', base .. 'views:' .. tenant, 0, id)
if continuous then
  call('ZADD', base .. 'refresh', now, view)
end
return false
