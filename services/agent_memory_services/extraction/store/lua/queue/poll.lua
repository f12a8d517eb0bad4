-- Looks over a partition: takes back what its workers lost, forgets what is long finished or one
-- of too many, and answers whose jobs are due.
local LOT = 20

local lost = call('ZRANGE', base .. 'leases', '-inf', now, 'BYSCORE', 'LIMIT', 0, LOT)
for _, id in ipairs(lost) do
  local job = load_job(id)
  if not job then
    let_go(id)
  elseif not is_sound(job) then
    -- Who claims it finds that it cannot be read, and parks it.
    call('ZREM', base .. 'leases', id)
    enqueue(job.tenant, id, now)
  else
    -- A job whose worker dies may be what kills it.
    local strikes, first_strike = strike(job)
    if strikes >= max_strikes and now - first_strike >= strike_span then
      call('HSET', base .. 'job:' .. id, 'error', too_often)
      finish(job, FAILED)
    else
      unlease(job)
      enqueue(job.tenant, id, now)
      move(job, PENDING)
    end
  end
end

local stale = call('ZRANGE', base .. 'finished', '-inf', now, 'BYSCORE', 'LIMIT', 0, LOT)
if #stale == 0 then
  local beyond = call('ZCARD', base .. 'finished') - most_finished
  stale = beyond > 0 and call('ZRANGE', base .. 'finished', 0, math.min(beyond, LOT) - 1) or stale
end
for _, id in ipairs(stale) do
  forget(id)
end

local due = call('ZRANGE', base .. 'tenants', '-inf', now, 'BYSCORE', 'LIMIT', 0, 64)
local later = call('ZRANGE', base .. 'tenants', '(' .. string.format('%.0f', now), '+inf',
  'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local _, expiry = first(base .. 'leases')
local _, oldest = first(base .. 'waiting')
local wake = math.min(tonumber(later[2]) or math.huge, expiry or math.huge)
return {
  due,
  wake == math.huge and -1 or math.max(0, wake - now),
  call('ZCARD', base .. 'waiting'),
  oldest and math.max(0, now - oldest) or 0,
}
