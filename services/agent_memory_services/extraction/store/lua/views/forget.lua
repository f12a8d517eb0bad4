-- Forgets jobs that refresh views, given by their ids; those that are not done are cancelled.
for _, job_id in ipairs(job_ids) do
  local job = load_job(job_id)
  if job and job.lane == 'view' then
    if job.state == PENDING or job.state == RUNNING or job.state == FAILED then
      finish(job, CANCELLED)
    end
    forget(job.id)
  end
end
return 1
