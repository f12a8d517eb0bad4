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
local known = call('HMGET', head, 'received', 'floor', 'owner', 'user', 'indexed', 'next.extract',
  'next.store')
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
local gapless = call('EXISTS', ahead) == 0
local was_busy = is_busy(session)

-- The first stretch of `ahead` that ends at a sequence or later: its name and both its ends.
local function stretch_at(sequence)
  local name, ending = unpack(call('ZRANGE', ahead, sequence, '+inf', 'BYSCORE', 'LIMIT', 0, 1,
    'WITHSCORES'))
  if name then
    return name, tonumber(name:match('^%d+')), tonumber(ending)
  end
end

local function put_aside(from, to)
  gapless = false
  call('ZADD', ahead, to, from == to and whole(from) or whole(from) .. ':' .. whole(to))
end

-- Takes a stretch of sequences in; false where all of it was known. The stretches that it touches
-- become one with it, so that each step costs what is kept and not how far a caller counts.
local function arrive(from, to)
  if from > floor and to <= received then
    return false
  end
  if gapless and from == received + 1 then
    received = to
    return true
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

local head_fields = {} -- of the session, and their values, flat
local function note(name, value)
  head_fields[#head_fields + 1], head_fields[#head_fields + 2] = name, value
end

local function open_job(lane)
  local id = lanes[lane].fresh
  note('next.' .. lane, id)
  return { id = id, is_new = true, create = now, first = 0, last = 0, size = 0, traces = '' }
end

-- The job of a lane that collects already. One that cannot be read, or was given up for that,
-- collects no more, and neither does one that has enough.
local function waiting_job(lane)
  local id = known[lane == 'extract' and 6 or 7]
  local job = id and load_job(id)
  if not is_sound(job) or job.state ~= PENDING then
    return nil
  end
  local found = call('HMGET', base .. 'job:' .. id, 'create', 'first', 'last', 'bytes', 'traces')
  job.create = tonumber(found[1]) or now
  job.first, job.last = tonumber(found[2]) or 0, tonumber(found[3]) or 0
  job.size, job.traces = math.floor(tonumber(found[4]) or 0), found[5] or ''
  return job.size < JOB_BYTES and job or nil
end

-- The jobs that take something in now, by lane, with the span and the size of what they take.
local collecting = {}

local function job_of(lane)
  local job = collecting[lane]
  if not job then
    job = waiting_job(lane) or open_job(lane)
    job.lowest, job.highest, job.messages = math.huge, 0, {}
    collecting[lane] = job
  end
  return job
end

local function collect(lane, sequence, message)
  local job = job_of(lane)
  job.messages[#job.messages + 1], job.messages[#job.messages + 2] = sequence, message
  job.lowest = math.min(job.lowest, sequence)
  job.highest = math.max(job.highest, sequence)
  job.size = job.size + #message
end

local function schedule(lane, job)
  local key = base .. 'job:' .. job.id
  local opens_at = job.is_new and '+inf' or nil
  if job.highest > 0 then
    local lowest = job.first > 0 and math.min(job.first, job.lowest) or job.lowest
    opens_at = lowest ~= job.first and lowest or opens_at
    job.first, job.last = lowest, math.max(job.last, job.highest)
  end
  if trace ~= '' and #job.traces < TRACES * (#trace + 1) then
    job.traces = job.traces .. trace .. ' '
  end
  local due = math.min(now + lanes[lane].wait, job.create + lanes[lane].patience)
  -- The owner is set once, but may be known later than the first messages.
  call('HSET', key, 'spec', spec, 'user', user, 'config', config, 'zone', zone, 'first', job.first,
    'last', job.last, 'bytes', job.size, 'traces', job.traces, 'due', due)
  if job.is_new then
    call('HSET', key, 'tenant', tenant, 'tenant_name', tenant_name, 'thread', thread,
      'session', session, 'lane', lane, 'state', PENDING, 'create', now, 'attempt', 0,
      'failures', 0, 'strikes', 0, 'since', 0)
    call('ZADD', base .. 'jobs:' .. tenant, 0, job.id)
    call('ZADD', base .. 'jobs:' .. tenant .. ':' .. PENDING, 0, job.id)
    call('ZADD', base .. 'jobs-of:' .. thread, 0, job.id)
    call('COPY', base .. 'recent:' .. session, base .. 'before:' .. job.id)
  else
    call('ZREM', base .. 'blocked:' .. lane .. ':' .. session, job.id)
  end
  if opens_at then
    call('ZADD', base .. 'open:' .. session, opens_at, job.id)
  end
  on_all('ZADD', base .. 'messages:' .. job.id, job.messages)
  call('ZADD', base .. 'due:' .. tenant, due, job.id)
  call('ZADD', base .. 'waiting', due, job.id)
  announce(tenant, thread, session, job.id)
end

if withheld then
  arrive(withheld.first, withheld.last)
end
local arrived = {} -- sequences and messages, flat
for at, message in ipairs(messages) do
  local sequence = sequences[at]
  if arrive(sequence, sequence) then
    if extracting then
      collect('extract', sequence, message)
    end
    if indexing then
      collect('store', sequence, message)
    end
    arrived[#arrived + 1], arrived[#arrived + 2] = sequence, message
  end
end
-- Of a session that was forgotten, or is of an earlier release, messages may be stored.
local indexed = known[5] or (known[1] and '' or 0)
if indexing and #messages > 0 then
  indexed = 1
end
local unindexing = deleted and known[5] ~= '0'
if unindexing then
  job_of('store')
end
local given_memories = {}
for _, given in ipairs(memories) do
  local job = job_of('store')
  given_memories[#given_memories + 1] = given.id
  given_memories[#given_memories + 1] = given.memory
  job.size = job.size + #given.memory
end

for _, lane in ipairs({ 'extract', 'store' }) do
  if collecting[lane] then
    schedule(lane, collecting[lane])
  end
end
if next(collecting) then
  refresh_tenant(tenant)
else
  announce(tenant, thread, session, '')
end
if #given_memories > 0 then
  on_all('HSET', base .. 'memories:' .. collecting.store.id, given_memories)
end
if unindexing then
  for _, id in ipairs(call('ZRANGE', base .. 'open:' .. session, 0, -1)) do
    call('HSET', base .. 'job:' .. id, 'unindexing', 1)
  end
end
-- A job sees as reference what came before it.
if #arrived > 0 then
  on_all('ZADD', base .. 'recent:' .. session, arrived)
  call('ZREMRANGEBYRANK', base .. 'recent:' .. session, 0, -(reference + 1))
end

note('received', received)
note('floor', floor)
note('uid', uid)
note('indexed', indexed)
local owner_changed = former ~= owner
if owner_changed then
  note('user', user)
  note('owner', owner)
  if former then
    call('ZREM', owned_key(thread, former), session)
    note('owned_late', 1)
  end
end
call('HSET', head, unpack(head_fields))
if call('GET', base .. 'latest:' .. thread) ~= session then
  call('SET', base .. 'latest:' .. thread, session)
end
-- What is busy is kept already.
if owner_changed or not was_busy then
  renew_session(session, thread)
end

if collecting.extract or collecting.store then
  return { '', (collecting.extract or collecting.store).id, received }
end
-- What was sent again is in the hands of a job that is there already, or of none.
local at_work = call('HMGET', head, 'next.extract', 'active.extract', 'next.store', 'active.store')
return { '', at_work[1] or at_work[2] or at_work[3] or at_work[4] or '', received }
