-- Ends a job whose results are stored; answers 0 where the lease is lost, else one more than the
-- number of jobs that waited behind it.
local job = load_leased(job_id, token)
if not job then
  return 0
end
call('HSET', base .. 'job:' .. job.id, 'outcome', outcome)
call('HDEL', base .. 'job:' .. job.id, 'error')
unlink_payload(job.id)
return 1 + finish(job, SUCCEEDED)
