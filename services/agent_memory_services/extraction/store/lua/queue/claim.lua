-- Leases the tenant's job that has been due the longest, with everything a run needs, and tells
-- whether another one is due. Of one whose record cannot be read it answers the id alone.

local function lease_job(job, following)
  local key = base .. 'job:' .. job.id
  local session = base .. 'session:' .. job.session
  if call('HGET', session, 'next.' .. job.lane) == job.id then
    call('HDEL', session, 'next.' .. job.lane)
  end
  call('HSET', session, 'active.' .. job.lane, job.id)
  call('ZADD', base .. 'leases', now + lease, job.id)
  call('HSET', key, 'token', token, 'start', now)
  bump(key, 'attempt', 1)
  move(job, RUNNING)
  local found = {
    job.id,
    call('HGETALL', key),
    redis.pcall('ZRANGE', base .. 'messages:' .. job.id, 0, -1, 'WITHSCORES'),
    redis.pcall('ZRANGE', base .. 'before:' .. job.id, 0, -1),
    redis.pcall('HGETALL', base .. 'memories:' .. job.id),
    redis.pcall('HGETALL', base .. 'results:' .. job.id),
    following and following <= now and 1 or 0,
  }
  for at = 3, 6 do
    if found[at].err then
      return { job.id }
    end
  end
  return found
end

-- Jobs behind the active one of their session are put aside; a bound keeps the step short.
for _ = 1, 16 do
  local found = call('ZRANGE', base .. 'due:' .. tenant, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1,
    'WITHSCORES')
  if not found[1] then
    return false
  end
  local job = load_job(found[1])
  if not is_sound(job) then
    dequeue(tenant, found[1])
    return { found[1] }
  end
  local active = call('HGET', base .. 'session:' .. job.session, 'active.' .. job.lane)
  local following = dequeue(tenant, job.id)
  if not active or active == job.id then
    return lease_job(job, following)
  end
  call('ZADD', blocked_key(job), found[2], job.id)
end
return false
