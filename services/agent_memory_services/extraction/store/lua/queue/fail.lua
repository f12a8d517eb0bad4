-- Ends an attempt that failed: the job waits for another one, or is given up with its payload
-- kept; answers 0 where the lease is lost.
local job = load_leased(job_id, token)
if not job then
  return 0
end
local key = base .. 'job:' .. job.id
call('HSET', key, 'error', reason)
bump(key, 'failures', 1)
if call('HGET', key, 'since') == '0' then
  call('HSET', key, 'since', now)
end
if blamed then
  strike(job)
end
if give_up then
  finish(job, FAILED)
else
  unlease(job)
  enqueue(job.tenant, job.id, now + delay)
  move(job, PENDING)
  count_end(job, PENDING)
end
return 1
