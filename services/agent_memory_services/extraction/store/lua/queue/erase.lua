-- Erases a session: what it said, its jobs and what they found, and that it ever was.
-- Nothing of it is taken in again for so many milliseconds, from its owner or, where it had begun
-- before it had one, from nobody.
-- Answers how many jobs and messages went, whether the session had begun before it had an owner,
-- and after which job to go on; that is empty at the end.
local head = base .. 'session:' .. session
local late = call('HGET', head, 'owned_late') and 1 or 0

call('ZREMRANGEBYSCORE', base .. 'erased', '-inf', now)
for _, name in ipairs({ fence, late == 1 and nobodys_fence or nil }) do
  call('ZADD', base .. 'erased', now + barred * 1000, name)
end
call('PEXPIRE', base .. 'erased', barred)

local function erase_job(job)
  call('ZREM', base .. 'leases', job.id)
  call('ZREM', base .. 'finished', job.id)
  call('ZREM', base .. 'jobs:' .. job.tenant, job.id)
  call('ZREM', base .. 'jobs:' .. job.tenant .. ':' .. job.state, job.id)
  call('ZREM', base .. 'jobs-of:' .. thread, job.id)
  dequeue(job.tenant, job.id)
  call('DEL', base .. 'job:' .. job.id)
  unlink_payload(job.id)
end

local jobs, messages = 0, 0
local ids = call('ZRANGEBYLEX', base .. 'jobs-of:' .. thread, after == '' and '-' or '(' .. after,
  '+', 'LIMIT', 0, BATCH)
for _, id in ipairs(ids) do
  local job = load_job(id)
  if job and job.session == session then
    jobs = jobs + 1
    messages = messages + call('ZCARD', base .. 'messages:' .. id)
    erase_job(job)
  end
end
if #ids == BATCH then
  return { jobs, messages, late, ids[BATCH] }
end

call('DEL', head)
for _, family in ipairs({ 'ahead:', 'open:', 'recent:', 'taken_back:' }) do
  call('UNLINK', base .. family .. session)
end
for _, lane in ipairs({ 'extract', 'store' }) do
  call('DEL', base .. 'blocked:' .. lane .. ':' .. session)
end
if call('GET', base .. 'latest:' .. thread) == session then
  call('DEL', base .. 'latest:' .. thread)
end
call('ZREM', owned_key(thread, owner), session)
return { jobs, messages, late, '' }
