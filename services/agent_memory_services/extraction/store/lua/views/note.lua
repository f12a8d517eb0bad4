-- Notes what a view's memories looked like, while it is of the same edition and etag.
local key = base .. 'view:' .. view
local found = call('HMGET', key, 'edition', 'etag')
if found[1] == edition and found[2] == etag then
  call('HSET', key, 'seen', seen)
  return 1
end
return 0
