-- Ends a lease as if the job had never been claimed; answers 0 where the lease is lost.
local job = load_leased(job_id, token)
if not job then
  return 0
end
bump(base .. 'job:' .. job.id, 'attempt', -1)
unlease(job)
enqueue(job.tenant, job.id, now)
move(job, PENDING)
return 1
