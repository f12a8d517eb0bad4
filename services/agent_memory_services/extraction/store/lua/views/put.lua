-- Puts the summary of a group in the place of the one before. Answers 0 where the view is of another
-- edition, and -1 where the job ARGV[10], if one is given, no longer runs under this lease. The
-- owners whose memories went into it follow. What was written from memories of somebody who was
-- erased meanwhile is dropped; the next run writes it anew.
local tenant, view, edition, group, content, seen = unpack(ARGV, 4, 9)
local job, token, who = ARGV[10], ARGV[11], ARGV[12]
if call('HGET', base .. 'view:' .. view, 'edition') ~= edition then
  return 0
end
if job ~= '' then
  local leased = load_leased(job, token)
  if not leased then
    return -1
  end
  worked(leased, who)
end
for i = 12, #ARGV do
  local barred = call('ZSCORE', base .. 'unsummed:' .. tenant, redis.sha1hex(ARGV[i]))
  if barred and tonumber(barred) > now then
    return 1
  end
end
local place = edition .. ':' .. group
local key = base .. 'summary:' .. place
for owner in string.gmatch(call('HGET', key, 'owners') or '', '%S+') do
  call('SREM', base .. 'about:' .. tenant .. ':' .. owner, place)
end
local owners = {}
for i = 13, #ARGV do
  call('SADD', base .. 'about:' .. tenant .. ':' .. ARGV[i], place)
  owners[#owners + 1] = ARGV[i]
end
call('HSET', key, 'content', content, 'seen', seen, 'job', job, 'tenant', tenant,
  'owners', table.concat(owners, ' '))
call('ZADD', base .. 'summaries:' .. edition, 0, group)
return 1
