-- Changes a view that is still what it was; answers the etag it has instead, '' where it is gone,
-- or false where it is changed. A new edition starts without summaries.
local key = base .. 'view:' .. view
local found = call('HGET', key, 'etag')
if found ~= known then
  return found or ''
end
call('HSET', key, 'content', content, 'etag', etag)
-- What was looked into before says nothing about the view as it is now.
call('HDEL', key, 'seen')
if edition ~= '' then
  call('SADD', base .. 'ended', call('HGET', key, 'edition'))
  call('HSET', key, 'edition', edition)
end
if continuous then
  call('ZADD', base .. 'refresh', now, view)
else
  call('ZREM', base .. 'refresh', view)
end
return false
