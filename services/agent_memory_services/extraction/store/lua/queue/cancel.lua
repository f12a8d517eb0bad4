-- Cancels a job that waits or runs; answers the state it was found in, 0 for none.
local job = load_job(job_id)
if not job or job.tenant ~= tenant then
  return 0
end
local found = job.state
if found == PENDING or found == RUNNING then
  finish(job, CANCELLED)
end
return found
