-- Keeps what a run found in a window before it is stored elsewhere, so that another attempt stores
-- the same; answers 0 where the lease is lost. What was dropped from it is counted by reason.
local job = load_leased(job_id, token)
if not job then
  return 0
end
call('HSET', base .. 'results:' .. job.id, window, found)
worked(job, who)
for at = 1, #dropped, 2 do
  call('HSET', base .. 'job:' .. job.id, 'dropped.' .. dropped[at] .. '.' .. window, dropped[at + 1])
end
return 1
