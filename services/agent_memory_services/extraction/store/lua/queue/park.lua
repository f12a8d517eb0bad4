-- Gives up a job whose record cannot be read, so that nothing waits for it; what it was to work on
-- is kept. Answers 0 where nothing is left of it that could be shown.
local id = job_id -- as the other functions call it
local key = base .. 'job:' .. id
call('ZREM', base .. 'leases', id)
dequeue(tenant, id)
if call('TYPE', key).ok ~= 'hash' then
  call('ZREM', base .. 'jobs:' .. tenant, id)
  let_go(id)
  for state = PENDING, CANCELLED do
    call('ZREM', base .. 'jobs:' .. tenant .. ':' .. state, id)
  end
  return 0
end
for _, field in ipairs({ 'attempt', 'failures', 'strikes', 'since', 'first', 'last' }) do
  bump(key, field, 0)
end
if not tonumber(call('HGET', key, 'state')) then
  call('HSET', key, 'state', RUNNING)
end
for _, field in ipairs({ 'thread', 'session', 'lane' }) do
  call('HSETNX', key, field, '')
end
-- Whom it was due for is known, whatever its own field says.
call('HSET', key, 'tenant', tenant, 'error', reason)
local job = load_job(id)
local session = base .. 'session:' .. job.session
for _, lane in ipairs({ 'extract', 'store', 'view' }) do
  for _, role in ipairs({ 'next.', 'active.' }) do
    if call('HGET', session, role .. lane) == id then
      call('HDEL', session, role .. lane)
      job.lane = lane
    end
  end
end
finish(job, FAILED)
return 1
