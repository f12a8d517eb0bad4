-- Keeps what a run found before it is stored elsewhere, so that another attempt stores the same;
-- answers 0 where the lease is lost. What was left out of the window follows: reasons and counts.
local job = load_leased(ARGV[4], ARGV[5])
if not job then
  return 0
end
call('HSET', base .. 'results:' .. job.id, ARGV[6], ARGV[7])
worked(job, ARGV[8])
for at = 9, #ARGV, 2 do
  call('HSET', base .. 'job:' .. job.id, 'dropped.' .. ARGV[at] .. '.' .. ARGV[6], ARGV[at + 1])
end
return 1
