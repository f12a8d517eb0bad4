-- Answers an edition that has ended and some of its groups; one without any is forgotten.
local edition = call('SRANDMEMBER', base .. 'ended')
if not edition then
  return false
end
local groups = call('ZRANGE', base .. 'summaries:' .. edition, 0, most - 1)
if #groups == 0 then
  call('SREM', base .. 'ended', edition)
end
return { edition, groups }
