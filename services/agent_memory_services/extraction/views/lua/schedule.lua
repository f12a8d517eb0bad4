-- Schedules a refresh of a view, or joins the one that waits already; answers the job, false
-- where there is no such view.
local tenant, tenant_name, view, spec, fresh = unpack(ARGV, 4, 8)
local only_changed = ARGV[9] == '1'
local head = base .. 'session:' .. view
if call('EXISTS', base .. 'view:' .. view) == 0 then
  return false
end
local waiting = call('HGET', head, 'next.view')
if waiting then
  if not only_changed then
    call('HSET', base .. 'job:' .. waiting, 'only_changed', '0')
  end
  return waiting
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
return fresh
