-- Prolongs a lease; answers 0 where it is lost.
local job = load_leased(job_id, token)
if not job then
  return 0
end
call('ZADD', base .. 'leases', now + lease, job.id)
return 1
