-- Takes messages and memories of a session in, and schedules the jobs that will work on them.
-- Answers the job and until which sequence the session has arrived.
local tenant, tenant_name, thread, session, uid = unpack(ARGV, 4, 8)
local spec, user, config, zone = unpack(ARGV, 9, 12)
local reference = tonumber(ARGV[13]) -- messages kept for reference
local lanes = {
  extract = { fresh = ARGV[14], wait = tonumber(ARGV[15]), patience = tonumber(ARGV[16]) },
  store = { fresh = ARGV[17], wait = 0, patience = 0 },
}
local extracting, indexing = ARGV[18] == '1', ARGV[19] == '1'
local messages_end = 20 + 2 * tonumber(ARGV[20])

local head = base .. 'session:' .. session
local known = call('HMGET', head, 'received', 'floor')
local received, floor = tonumber(known[1]), tonumber(known[2])
if not received then
  -- Of a session that was forgotten, everything before was settled.
  floor = (tonumber(ARGV[21]) or 1) - 1
  if messages_end == 20 then
    floor = 0
  end
  received = floor
end

local function is_new(sequence)
  if sequence == received + 1 then
    received = sequence
    return call('ZREM', base .. 'ahead:' .. session, sequence) == 0
  end
  if sequence > floor and sequence <= received then
    return false
  end
  return call('ZADD', base .. 'ahead:' .. session, 'NX', sequence, sequence) == 1
end

local function open_job(lane)
  local id = lanes[lane].fresh
  call('HSET', base .. 'job:' .. id, 'tenant', tenant, 'tenant_name', tenant_name,
    'thread', thread, 'session', session, 'lane', lane, 'state', PENDING, 'create', now,
    'attempt', 0, 'failures', 0, 'strikes', 0, 'since', 0, 'first', 0, 'last', 0)
  call('ZADD', base .. 'jobs:' .. tenant, 0, id)
  call('ZADD', base .. 'jobs:' .. tenant .. ':' .. PENDING, 0, id)
  call('ZADD', base .. 'jobs-of:' .. thread, 0, id)
  call('ZADD', base .. 'open:' .. session, '+inf', id)
  call('COPY', base .. 'recent:' .. session, base .. 'before:' .. id)
  call('HSET', head, 'next.' .. lane, id)
  return id
end

local collecting = {}

local function job_of(lane)
  if collecting[lane] then
    return collecting[lane]
  end
  local id = call('HGET', head, 'next.' .. lane) or open_job(lane)
  -- The owner is set once, but may be known later than the first messages.
  call(user == '' and 'HSETNX' or 'HSET', base .. 'job:' .. id, 'spec', spec)
  call('HSET', base .. 'job:' .. id, 'config', config, 'zone', zone)
  collecting[lane] = id
  return id
end

local function collect(lane, sequence, message)
  local id = job_of(lane)
  call('ZADD', base .. 'messages:' .. id, sequence, message)
  call('ZADD', base .. 'open:' .. session, 'LT', sequence, id)
  local span = call('HMGET', base .. 'job:' .. id, 'first', 'last')
  local lowest, highest = tonumber(span[1]), tonumber(span[2])
  call('HSET', base .. 'job:' .. id,
    'first', lowest == 0 and sequence or math.min(lowest, sequence),
    'last', math.max(highest, sequence))
end

for i = 21, messages_end, 2 do
  local sequence, message = tonumber(ARGV[i]), ARGV[i + 1]
  if is_new(sequence) then
    if extracting then
      collect('extract', sequence, message)
    end
    if indexing then
      collect('store', sequence, message)
    end
    call('ZADD', base .. 'recent:' .. session, sequence, message)
  end
end
while call('ZREM', base .. 'ahead:' .. session, received + 1) == 1 do
  received = received + 1
end
for i = messages_end + 1, #ARGV, 2 do
  call('HSET', base .. 'memories:' .. job_of('store'), ARGV[i], ARGV[i + 1])
end

for lane, id in pairs(collecting) do
  local plan = lanes[lane]
  local created = tonumber(call('HGET', base .. 'job:' .. id, 'create'))
  call('ZREM', base .. 'blocked:' .. lane .. ':' .. session, id)
  enqueue(tenant, id, math.min(now + plan.wait, created + plan.patience))
  announce(tenant, thread, session, id)
end
if not next(collecting) then
  announce(tenant, thread, session, '')
end

call('HSET', head, 'received', received, 'floor', floor, 'uid', uid)
if user ~= '' then
  call('HSET', head, 'user', user)
end
call('ZREMRANGEBYRANK', base .. 'recent:' .. session, 0, -(reference + 1))
call('SET', base .. 'latest:' .. thread, session)
renew_session(session, thread)

local at_work = call('HMGET', head, 'next.extract', 'active.extract', 'next.store', 'active.store')
local job = at_work[1] or at_work[2] or at_work[3] or at_work[4] or ''
return { collecting.extract or collecting.store or job, received }
