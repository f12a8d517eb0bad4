-- Puts the summary of a group in the place of the one before. Answers 0 where the view is of another
-- edition, and -1 where the job, if one is given, no longer runs under this lease. The owners are
-- those whose memories went into it. What was written from memories of somebody who was erased
-- meanwhile is dropped; the next run writes it anew.
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
for _, owner in ipairs(owners) do
  local barred = call('ZSCORE', base .. 'unsummed:' .. tenant, redis.sha1hex(owner))
  if barred and tonumber(barred) > now then
    return 1
  end
end
local place = edition .. ':' .. group
local key = base .. 'summary:' .. place
for owner in string.gmatch(call('HGET', key, 'owners') or '', '%S+') do
  call('SREM', base .. 'about:' .. tenant .. ':' .. owner, place)
end
for _, owner in ipairs(owners) do
  call('SADD', base .. 'about:' .. tenant .. ':' .. owner, place)
end
call('HSET', key, 'content', content, 'seen', seen, 'job', job, 'tenant', tenant,
  'owners', table.concat(owners, ' '))
call('ZADD', base .. 'summaries:' .. edition, 0, group)
return 1
