-- Schedules a refresh of a view that is still what it was, or joins the one that waits already.
-- Answers the job, or false and the etag that the view has instead, which is false where it is
-- gone.
local head = base .. 'session:' .. view
local etag = call('HGET', base .. 'view:' .. view, 'etag')
if etag ~= known then
  return { false, etag }
end
local waiting = call('HGET', head, 'next.view')
if waiting then
  if not only_changed then
    call('HSET', base .. 'job:' .. waiting, 'only_changed', '0')
  end
  return { waiting, false }
end
call('HSET', base .. 'job:' .. fresh, 'tenant', tenant, 'tenant_name', tenant_name,
  'thread', view, 'session', view, 'lane', 'view', 'state', PENDING, 'create', now,
  'attempt', 0, 'failures', 0, 'strikes', 0, 'since', 0, 'first', 0, 'last', 0,
  'spec', spec, 'only_changed', only_changed and '1' or '0')
call('ZADD', base .. 'jobs:' .. tenant, 0, fresh)
call('ZADD', base .. 'jobs:' .. tenant .. ':' .. PENDING, 0, fresh)
call('ZADD', base .. 'jobs-of:' .. view, 0, fresh)
call('ZADD', base .. 'open:' .. view, '+inf', fresh)
call('HSET', head, 'next.view', fresh)
renew_session(view, view)
enqueue(tenant, fresh, now)
announce(tenant, view, view, fresh)
return { fresh, false }
