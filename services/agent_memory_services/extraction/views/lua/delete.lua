-- Deletes a view that is still what it was and cancels its jobs; with ARGV[8] = '1' its jobs are
-- forgotten too. Answers the etag it has instead, 1 where it is deleted, or 0 where it is gone. Its summaries are out of reach at once, and removed step by step.
local tenant, view, id, known, forgetting = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8] == '1'
local key = base .. 'view:' .. view
local edition, etag = unpack(call('HMGET', key, 'edition', 'etag'))
if etag and etag ~= known then
  return etag
end
for _, job_id in ipairs(call('ZRANGE', base .. 'jobs-of:' .. view, 0, -1)) do
  local job = load_job(job_id)
  if job.state == PENDING or job.state == RUNNING or job.state == FAILED then
    finish(job, CANCELLED)
  end
  if forgetting then
    forget(job_id)
  end
end
if not edition then
  return 0
end
call('DEL', key)
call('ZREM', base .. 'views:' .. tenant, id)
call('ZREM', base .. 'refresh', view)
call('SADD', base .. 'ended', edition)
return 1
