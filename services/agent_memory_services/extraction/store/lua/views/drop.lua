-- Removes summaries, each given by its edition and its group.
for i = 4, #ARGV, 2 do
  local place = ARGV[i] .. ':' .. ARGV[i + 1]
  local key = base .. 'summary:' .. place
  local found = call('HMGET', key, 'tenant', 'owners')
  for owner in string.gmatch(found[2] or '', '%S+') do
    call('SREM', base .. 'about:' .. found[1] .. ':' .. owner, place)
  end
  call('DEL', key)
  call('ZREM', base .. 'summaries:' .. ARGV[i], ARGV[i + 1])
end
return 1
