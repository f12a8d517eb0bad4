-- Prolongs a lease; answers 0 where it is lost.
local job = load_leased(ARGV[4], ARGV[5])
if not job then
  return 0
end
call('ZADD', base .. 'leases', now + tonumber(ARGV[6]), job.id)
return 1
