-- Lets a job that was given up or cancelled wait again; answers the state it was found in, 0 for
-- none.
local job = load_job(job_id)
if not job or job.tenant ~= tenant then
  return 0
end
local found = job.state
if found == FAILED or found == CANCELLED then
  local key = base .. 'job:' .. job.id
  local lowest = tonumber(call('HGET', key, 'first'))
  call('HSET', key, 'failures', 0, 'strikes', 0, 'since', 0)
  call('HDEL', key, 'end', 'struck')
  call('ZREM', base .. 'finished', job.id)
  call('ZADD', base .. 'open:' .. job.session, lowest > 0 and lowest or '+inf', job.id)
  enqueue(job.tenant, job.id, now)
  renew_session(job.session, job.thread)
  move(job, PENDING)
end
return found
