-- Ends a job whose results are stored; answers 0 where the lease is lost.
local job = load_leased(job_id, token)
if not job then
  return 0
end
call('HSET', base .. 'job:' .. job.id, 'outcome', outcome)
call('HDEL', base .. 'job:' .. job.id, 'error')
unlink_payload(job.id)
finish(job, SUCCEEDED)
return 1
