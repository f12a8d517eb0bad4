-- What every step on a partition shares. `base` is the prefix of the partition's keys: they all
-- carry its hash tag, so one step may touch any of them. `limits` are the microseconds that a
-- finished job is kept, the milliseconds that a settled session is kept when it is idle, and the
-- changes that are kept for watchers.
--
--   tenants            tenants that wait, by when their first job is due
--   waiting            jobs that wait, by when they are due
--   leases             jobs that run, by when their worker loses them
--   finished           jobs to forget, by when
--   changes            stream of (tenant, thread, session, job), for watchers
--   due:<tenant>       the tenant's jobs that wait, by when they are due
--   tally:<tenant>     how many of the tenant's jobs ended, by minutes and hours
--   jobs:<tenant>[:<state>], jobs-of:<thread>   job ids, in order of creation
--   latest:<thread>    the thread's latest session (a thread outlives its incarnations)
--   session:<session>  how far it has arrived, and which jobs collect (next) or run (active)
--   ahead:<session>    stretches of sequences that arrived before their predecessors: the first
--                      and the last one, or one alone, by the last; no two of them touch
--   open:<session>     unsettled jobs, by their first sequence
--   recent:<session>   the last messages, for reference
--   taken_back:<session>   ids of messages that nothing is learned from any more
--   owned:<tenant>:<owner>   the sessions of an owner, by when they are forgotten
--   unsummed:<tenant>  digests of owners of whom no summary is kept for now, by until when
--   erased             fences of erased sessions, by until when they stand
--   blocked:<lane>:<session>   jobs that are due but wait for the active one
--   job:<job>, and its messages:, before:, memories: and results:
--
-- A summary view stands where a thread and its session do, with a lane of its own:
--   views:<tenant>     its view ids
--   view:<view>        the view; its partitions are those of its `edition`
--   refresh            views that are refreshed by themselves, by when that is looked into next
--   summaries:<edition>           its groups
--   summary:<edition>:<group>     the summary of one
--   about:<tenant>:<user>         the summaries that somebody's memories went into
--   ended              editions whose summaries are to be removed
--
-- Moments are microseconds since the epoch on the store's own clock, so that workers on machines
-- with different clocks agree on what is due.

local PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED = 1, 2, 3, 4, 5
local PAYLOAD = { 'messages:', 'before:', 'memories:', 'results:' }

local call = redis.call
local BATCH = 50 -- jobs that one step goes through
local time = call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- All digits of a whole number; Lua's own conversion would keep fourteen.
local function whole(number)
  return string.format('%.0f', number)
end

-- Runs a command on many values, a lot of them at a time; the number is even, for pairs.
local function on_all(command, key, values)
  for from = 1, #values, 1000 do
    call(command, key, unpack(values, from, math.min(from + 999, #values)))
  end
end

local function first(zset)
  local found = call('ZRANGE', zset, 0, 0, 'WITHSCORES')
  return found[1], tonumber(found[2])
end

local function announce(tenant, thread, session, job)
  call('XADD', base .. 'changes', 'MAXLEN', '~', limits.backlog, '*',
    'tenant', tenant, 'thread', thread, 'session', session, 'job', job)
end

-- Answers when the tenant's first job is due, where one waits.
local function refresh_tenant(tenant)
  local _, due = first(base .. 'due:' .. tenant)
  if due then
    call('ZADD', base .. 'tenants', due, tenant)
  else
    call('ZREM', base .. 'tenants', tenant)
  end
  return due
end

local function enqueue(tenant, job, due)
  call('ZADD', base .. 'due:' .. tenant, due, job)
  call('ZADD', base .. 'waiting', due, job)
  call('HSET', base .. 'job:' .. job, 'due', due)
  refresh_tenant(tenant)
end

local function dequeue(tenant, job)
  call('ZREM', base .. 'due:' .. tenant, job)
  call('ZREM', base .. 'waiting', job)
  return refresh_tenant(tenant)
end

local function blocked_key(job)
  return base .. 'blocked:' .. job.lane .. ':' .. job.session
end

-- Adds to a field that counts; one that holds no number counts from 0.
local function bump(key, field, by)
  local count = math.floor(tonumber(call('HGET', key, field)) or 0) + by
  call('HSET', key, field, count)
  return count
end

local function load_job(id)
  local found = redis.pcall('HMGET', base .. 'job:' .. id, 'tenant', 'thread', 'session', 'lane',
    'state', 'token', 'strikes')
  if found.err or not found[1] then
    return nil
  end
  return {
    id = id, tenant = found[1], thread = found[2], session = found[3], lane = found[4],
    state = tonumber(found[5]), token = found[6], strikes = tonumber(found[7]),
  }
end

-- Whether a job can be worked with at all: bytes in the store may be damaged.
local function is_sound(job)
  return job and job.thread and job.session and job.lane and job.state
end

-- The job, where the token is still its lease.
local function load_leased(id, token)
  local job = load_job(id)
  if job and job.state == RUNNING and job.token == token then
    return job
  end
  return nil
end

local function move(job, state)
  call('ZREM', base .. 'jobs:' .. job.tenant .. ':' .. job.state, job.id)
  call('ZADD', base .. 'jobs:' .. job.tenant .. ':' .. state, 0, job.id)
  call('HSET', base .. 'job:' .. job.id, 'state', state)
  job.state = state
  announce(job.tenant, job.thread, job.session, job.id)
end

local function unlease(job)
  call('ZREM', base .. 'leases', job.id)
  call('HDEL', base .. 'job:' .. job.id, 'token')
end

local function unlink_payload(id)
  local keys = {}
  for at, family in ipairs(PAYLOAD) do
    keys[at] = base .. family .. id
  end
  call('UNLINK', unpack(keys))
end

-- Whether a session has unsettled jobs.
local function is_busy(session)
  return call('EXISTS', base .. 'open:' .. session) == 1
end

-- Notes who did some of a job's work.
local function worked(job, who)
  if who ~= '' then
    call('HSET', base .. 'job:' .. job.id, 'by.' .. who, 1)
  end
end

-- Counts a failure that the job itself may be to blame for; answers how many and since when.
local function strike(job)
  local key = base .. 'job:' .. job.id
  call('HSETNX', key, 'struck', now)
  return bump(key, 'strikes', 1), tonumber(call('HGET', key, 'struck')) or now
end

-- Gives up the job's place in its session and lets those behind it be claimed; answers how many.
local function leave(job)
  local session = base .. 'session:' .. job.session
  local found = call('HMGET', session, 'next.' .. job.lane, 'active.' .. job.lane)
  local next_job, active = found[1], found[2]
  if next_job == job.id then
    call('HDEL', session, 'next.' .. job.lane)
  end
  if job.state ~= RUNNING then
    call('ZREM', blocked_key(job), job.id)
  end
  if active and active ~= job.id then
    return 0
  end
  call('HDEL', session, 'active.' .. job.lane)
  -- Those that are still behind follow when one of these leaves.
  local behind = call('ZPOPMIN', blocked_key(job), BATCH)
  for i = 1, #behind, 2 do
    enqueue(job.tenant, behind[i], tonumber(behind[i + 1]))
  end
  return #behind / 2
end

local function owned_key(thread, owner)
  return base .. 'owned:' .. thread:match('^[^:]+') .. ':' .. owner
end

-- The owner's list lasts as long as what it lists.
local function renew_owned(session, thread, busy)
  local owner = call('HGET', base .. 'session:' .. session, 'owner')
  if not owner then
    return
  end
  local owned = owned_key(thread, owner)
  call('ZREMRANGEBYSCORE', owned, '-inf', now)
  call('ZADD', owned, busy and '+inf' or now + limits.idle * 1000, session)
  local last = tonumber(call('ZRANGE', owned, -1, -1, 'WITHSCORES')[2])
  if last == math.huge then
    call('PERSIST', owned)
  else
    call('PEXPIREAT', owned, math.ceil(last / 1000))
  end
end

-- A session with unsettled jobs is kept; a settled one for a while, so that what is sent twice
-- is known again.
local function renew_session(session, thread)
  local busy = is_busy(session)
  local keys = { base .. 'session:' .. session, base .. 'ahead:' .. session,
    base .. 'recent:' .. session }
  if call('GET', base .. 'latest:' .. thread) == session then
    keys[4] = base .. 'latest:' .. thread
  end
  for _, key in ipairs(keys) do
    if busy then
      call('PERSIST', key)
    else
      call('PEXPIRE', key, limits.idle)
    end
  end
  renew_owned(session, thread, busy)
end

-- Counts an end of a job or, where it is to wait for another attempt, the failure of this one. How
-- long facts took, in milliseconds, is known of jobs that looked for them and are done.
local function count_end(job, state)
  local lag
  if state == SUCCEEDED and job.lane == 'extract' then
    local created = tonumber(call('HGET', base .. 'job:' .. job.id, 'create'))
    lag = created and math.max(0, math.floor((now - created) / 1000))
  end
  tally(base .. 'tally:' .. job.tenant, tonumber(time[1]), '', {
    state == SUCCEEDED and 1 or 0,
    state == FAILED and 1 or 0,
    state == CANCELLED and 1 or 0,
    state == PENDING and 1 or 0,
    lag and 1 or 0,
    lag or 0,
  }, lag or 0)
end

-- Answers how many jobs waited behind it, which can be claimed now.
local function finish(job, state)
  unlease(job)
  if job.state ~= RUNNING then
    dequeue(job.tenant, job.id)
  end
  local behind = leave(job)
  call('HSET', base .. 'job:' .. job.id, 'end', now)
  if state ~= FAILED then
    call('ZREM', base .. 'open:' .. job.session, job.id)
    call('ZADD', base .. 'finished', now + limits.retention, job.id)
  end
  -- While it is busy it is kept as it is.
  if not is_busy(job.session) then
    renew_session(job.session, job.thread)
  end
  move(job, state)
  count_end(job, state)
  return behind
end

-- Lets go of a job of which no record is left: nobody can ask for it any more.
local function let_go(id)
  call('ZREM', base .. 'leases', id)
  call('ZREM', base .. 'finished', id)
  call('PEXPIRE', base .. 'job:' .. id, math.ceil(limits.retention / 1000))
  for _, family in ipairs(PAYLOAD) do
    call('PEXPIRE', base .. family .. id, math.ceil(limits.retention / 1000))
  end
end

local function forget(id)
  local job = load_job(id)
  if not is_sound(job) then
    return let_go(id)
  end
  call('ZREM', base .. 'jobs:' .. job.tenant, id)
  call('ZREM', base .. 'jobs:' .. job.tenant .. ':' .. job.state, id)
  call('ZREM', base .. 'jobs-of:' .. job.thread, id)
  call('DEL', base .. 'job:' .. id)
  unlink_payload(id)
  call('ZREM', base .. 'finished', id)
end

-- Until which sequence the session has arrived, and until which it is settled.
local function progress(session)
  local received = tonumber(call('HGET', base .. 'session:' .. session, 'received')) or 0
  local _, unsettled = first(base .. 'open:' .. session)
  return received, unsettled and math.min(received, unsettled - 1) or received
end
