-- Answers a session's incarnation and owner, how far it has arrived and is settled, and its
-- unsettled jobs: of a session, or of the thread's latest where that is empty.
if session == '' then
  session = call('GET', base .. 'latest:' .. thread)
end
if not session then
  return { '', '', 0, 0, {} }
end
local received, settled = progress(session)
local head = base .. 'session:' .. session
return {
  call('HGET', head, 'uid') or '',
  call('HGET', head, 'user') or '',
  received,
  settled,
  call('ZRANGE', base .. 'open:' .. session, 0, 99),
}
