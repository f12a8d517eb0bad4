-- Deletes a view that is still what it was and cancels its jobs, some at a time; when forgetting,
-- its jobs are forgotten too. Answers the etag that it has instead, or whether there was one, and
-- after which job to go on; that is empty at the end, when the view goes. Its summaries are out of
-- reach then, and removed step by step.
local key = base .. 'view:' .. view
local edition, etag = unpack(call('HMGET', key, 'edition', 'etag'))
if etag and etag ~= known then
  return { etag, '' }
end
local ids = call('ZRANGEBYLEX', base .. 'jobs-of:' .. view, after == '' and '-' or '(' .. after,
  '+', 'LIMIT', 0, BATCH)
for _, job_id in ipairs(ids) do
  local job = load_job(job_id)
  if job.state == PENDING or job.state == RUNNING or job.state == FAILED then
    finish(job, CANCELLED)
  end
  if forgetting then
    forget(job_id)
  end
end
if #ids == BATCH then
  return { edition and 1 or 0, ids[BATCH] }
end
if edition then
  call('DEL', key)
  call('ZREM', base .. 'views:' .. tenant, view_id)
  call('ZREM', base .. 'refresh', view)
  call('SADD', base .. 'ended', edition)
end
return { edition and 1 or 0, '' }
