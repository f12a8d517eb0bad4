-- Keeps what a run found before it is stored elsewhere, so that another attempt stores the same;
-- answers 0 where the lease is lost.
local job = load_leased(ARGV[4], ARGV[5])
if not job then
  return 0
end
call('HSET', base .. 'results:' .. job.id, ARGV[6], ARGV[7])
worked(job, ARGV[8])
return 1
