-- Answers an edition that has ended and up to ARGV[4] of its groups; one without any is forgotten.
local edition = call('SRANDMEMBER', base .. 'ended')
if not edition then
  return false
end
local groups = call('ZRANGE', base .. 'summaries:' .. edition, 0, tonumber(ARGV[4]) - 1)
if #groups == 0 then
  call('SREM', base .. 'ended', edition)
end
return { edition, groups }
