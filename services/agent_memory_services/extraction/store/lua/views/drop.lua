-- Removes summaries, each given by its edition and its group.
for _, given in ipairs(places) do
  local place = given.edition .. ':' .. given.group
  local key = base .. 'summary:' .. place
  local found = call('HMGET', key, 'tenant', 'owners')
  for owner in string.gmatch(found[2] or '', '%S+') do
    call('SREM', base .. 'about:' .. found[1] .. ':' .. owner, place)
  end
  call('DEL', key)
  call('ZREM', base .. 'summaries:' .. given.edition, given.group)
end
return 1
