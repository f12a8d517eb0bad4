-- Takes messages and memories of a session in, and schedules the jobs that will work on them.
-- Answers a refusal or '', the job, and until which sequence the session has arrived. Refused with
-- nothing changed is an 'erased' session, and one whose 'owner' is another user.
--
-- The owner is the user, spelled for keys. `withheld` is what the session keeps to itself, if it
-- does; so many messages are kept for `reference`. `trace` is of the call that submits, empty where
-- it is not traced. Of a `deleted` session no message is stored any more, and those go that were.
local lanes = {
  extract = { fresh = extract_job, wait = wait, patience = patience },
  store = { fresh = store_job, wait = 0, patience = 0 },
}
local JOB_BYTES = 4194304 -- of what is handed over; a job that has so many takes no more
local TRACES = 8 -- kept of the calls that a job collects from; it could collect from thousands

local barred = call('ZSCORE', base .. 'erased', fence)
if barred and tonumber(barred) > now then
  return { 'erased', '', 0 }
end

local head = base .. 'session:' .. session
local known = call('HMGET', head, 'received', 'floor', 'owner', 'user', 'indexed')
local received, floor, former = tonumber(known[1]), tonumber(known[2]), known[3]
local former_user = known[4] or ''
if former_user ~= '' then
  if user == '' then
    user, owner = former_user, former
  elseif former ~= owner then
    return { 'owner', '', 0 }
  end
end
if not received then
  -- Of a session that was forgotten, everything before was settled.
  local lowest = sequences[1] or math.huge
  if withheld then
    lowest = math.min(lowest, withheld.first)
  end
  floor = lowest == math.huge and 0 or lowest - 1
  received = floor
end

local ahead = base .. 'ahead:' .. session

-- The first stretch of `ahead` that ends at a sequence or later: its name and both its ends.
local function stretch_at(sequence)
  local name, ending = unpack(call('ZRANGE', ahead, sequence, '+inf', 'BYSCORE', 'LIMIT', 0, 1,
    'WITHSCORES'))
  if name then
    return name, tonumber(name:match('^%d+')), tonumber(ending)
  end
end

local function put_aside(from, to)
  call('ZADD', ahead, to, from == to and whole(from) or whole(from) .. ':' .. whole(to))
end

-- Takes a stretch of sequences in; false where all of it was known. The stretches that it touches
-- become one with it, so that each step costs what is kept and not how far a caller counts.
local function arrive(from, to)
  if from > floor and to <= received then
    return false
  end
  local name, start, ending = stretch_at(from - 1)
  while name and start <= to + 1 do
    if start <= from and ending >= to then
      return false
    end
    call('ZREM', ahead, name)
    from, to = math.min(from, start), math.max(to, ending)
    name, start, ending = stretch_at(from - 1)
  end
  if from > received + 1 or to <= received then
    put_aside(from, to)
    return true
  end
  if from <= floor then
    put_aside(from, floor)
  end
  received = to
  return true
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

-- The jobs that take something in now, by lane, with the span of what they take.
local collecting = {}

local function job_of(lane)
  if not collecting[lane] then
    local id = call('HGET', head, 'next.' .. lane)
    -- One that cannot be read, or was given up for that, collects no more.
    local next_job = id and load_job(id)
    if not is_sound(next_job) or next_job.state ~= PENDING
      or (tonumber(call('HGET', base .. 'job:' .. id, 'bytes')) or 0) >= JOB_BYTES then
      id = open_job(lane)
    end
    -- The owner is set once, but may be known later than the first messages.
    call('HSET', base .. 'job:' .. id, 'spec', spec, 'user', user, 'config', config, 'zone', zone)
    collecting[lane] = { id = id, lowest = math.huge, highest = 0, bytes = 0 }
  end
  return collecting[lane]
end

local function keep_trace(job)
  if trace == '' then
    return
  end
  local key = base .. 'job:' .. job.id
  local kept = call('HGET', key, 'traces') or ''
  if #kept < TRACES * (#trace + 1) then
    call('HSET', key, 'traces', kept .. trace .. ' ')
  end
end

local function collect(lane, sequence, message)
  local job = job_of(lane)
  call('ZADD', base .. 'messages:' .. job.id, sequence, message)
  job.lowest = math.min(job.lowest, sequence)
  job.highest = math.max(job.highest, sequence)
  job.bytes = job.bytes + #message
end

local function schedule(lane, job)
  local key = base .. 'job:' .. job.id
  local found = call('HMGET', key, 'create', 'first', 'last')
  if job.highest > 0 then
    local first_before = tonumber(found[2]) or 0
    local lowest = first_before > 0 and math.min(first_before, job.lowest) or job.lowest
    call('HSET', key, 'first', lowest, 'last', math.max(tonumber(found[3]) or 0, job.highest))
    call('ZADD', base .. 'open:' .. session, lowest, job.id)
  end
  bump(key, 'bytes', job.bytes)
  keep_trace(job)
  local plan = lanes[lane]
  call('ZREM', base .. 'blocked:' .. lane .. ':' .. session, job.id)
  enqueue(tenant, job.id, math.min(now + plan.wait, (tonumber(found[1]) or now) + plan.patience))
  announce(tenant, thread, session, job.id)
end

if withheld then
  arrive(withheld.first, withheld.last)
end
for at, message in ipairs(messages) do
  local sequence = sequences[at]
  if arrive(sequence, sequence) then
    if extracting then
      collect('extract', sequence, message)
    end
    if indexing then
      collect('store', sequence, message)
    end
    call('ZADD', base .. 'recent:' .. session, sequence, message)
  end
end
-- Of a session that was forgotten, or is of an earlier release, messages may be stored.
local indexed = known[5] or (known[1] and '' or 0)
if indexing and #messages > 0 then
  indexed = 1
end
if deleted and known[5] ~= '0' then
  job_of('store')
  for _, id in ipairs(call('ZRANGE', base .. 'open:' .. session, 0, -1)) do
    call('HSET', base .. 'job:' .. id, 'unindexing', 1)
  end
end
for _, given in ipairs(memories) do
  local job = job_of('store')
  call('HSET', base .. 'memories:' .. job.id, given.id, given.memory)
  job.bytes = job.bytes + #given.memory
end

for lane, job in pairs(collecting) do
  schedule(lane, job)
end
if not next(collecting) then
  announce(tenant, thread, session, '')
end

call('HSET', head, 'received', received, 'floor', floor, 'uid', uid, 'indexed', indexed)
if former ~= owner then
  call('HSET', head, 'user', user, 'owner', owner)
  if former then
    call('ZREM', owned_key(thread, former), session)
    call('HSET', head, 'owned_late', 1)
  end
end
call('ZREMRANGEBYRANK', base .. 'recent:' .. session, 0, -(reference + 1))
call('SET', base .. 'latest:' .. thread, session)
renew_session(session, thread)

if collecting.extract or collecting.store then
  return { '', (collecting.extract or collecting.store).id, received }
end
-- What was sent again is in the hands of a job that is there already, or of none.
local at_work = call('HMGET', head, 'next.extract', 'active.extract', 'next.store', 'active.store')
return { '', at_work[1] or at_work[2] or at_work[3] or at_work[4] or '', received }
