-- One write to a session: all of it, or a refusal and nothing.
--
-- The identity comes spelled for keys, as `address`, and as it is. Where the view is replaced, the
-- id of a message may come with new content, which else refuses the write. `slots` are there where
-- places are kept: each is such a place, or empty for the next of the messages. A message has the
-- `head` of its place, all but the sequence. `trace` is of the call that writes; empty where it is
-- not traced. What it `copies` from another session is handed over by nobody. A session that is
-- created and says nothing of its time to live has the `lifetime`, where there is one.
--
-- The parts of a session:
--
-- meta      fields of the session
-- log       sequence -> message; sequence ':whole' -> the same as it was said, where that is too
--           long to be shown
-- ids       message id -> digest, sequence
-- view      list of digest, flag, tokens ':' sequence
-- memories  memory id -> ordinal ':' memory
-- placed    memory id -> digest of what was last handed to the outbox under that id

local SWEEP = 4 -- expired sessions that a write cleans up; it can add one at most
local SUBMISSION_BYTES = 1048576 -- beyond it, an outbox entry is closed and another begun
local DIGEST_BYTES = 16
local LOT = 1000 -- values that one command is given, an even number

local now = now_micros()
local member = member_of(address)

local function load()
  local names = {
    'uid', 'version', 'sequence', 'tokens', 'user', 'owner', 'ttl', 'extraction', 'time_zone',
    'strategy', 'expires', 'created', 'updated', 'ordinal', 'window',
  }
  local values = redis.call('HMGET', parts.meta, unpack(names))
  local fields = {}
  for index, name in ipairs(names) do
    fields[name] = values[index] or ''
  end
  return fields
end

local held = load()
local created = held.uid == ''
local version = tonumber(held.version) or 0
local current_etag = created and '' or '"' .. whole(version) .. '"'

if expected and expected ~= version then
  return { 'stale' }
end
if not created and not may_touch(caller, held.user) then
  return { 'owner' }
end
if created and not may_touch(caller, caller.user) then
  return { 'unowned' }
end
if etag ~= '' and etag ~= current_etag then
  return { 'etag', current_etag }
end

-- An incarnation that expired may still be down, and nothing else is whose view is not too long.
local may_wait = created or trigger and overflows_view(trigger, held)

local changed = {} -- fields of meta and their values, flat
local function set(name, value)
  held[name] = value
  changed[#changed + 1] = name
  changed[#changed + 1] = value
end

-- Digests and sequences of the messages that the log has, by their ids.
local function already_logged()
  local found = {}
  for first = 1, #messages, LOT do
    local names = {}
    for at = first, math.min(first + LOT - 1, #messages) do
      names[#names + 1] = messages[at].id
    end
    for at, slot in ipairs(redis.call('HMGET', parts.ids, unpack(names))) do
      found[names[at]] = slot
    end
  end
  return found
end

-- Sets the sequence of a message that is in the log already, or comes twice in this write.
-- Answers false where its id says something else there.
local function recognise(item, seen)
  local slot = seen[item.id]
  item.digest = item.head:sub(1, DIGEST_BYTES)
  if slot and slot:sub(1, DIGEST_BYTES) == item.digest then
    item.known = slot:sub(DIGEST_BYTES + 1)
    return true
  end
  return not slot
end

local function with_sequence(message, sequence)
  return message .. numeric(9, sequence)
end

-- agent_memory.extraction.v1.SubmitMessagesRequest, without what is submitted.
local function submission_head()
  return delimited(1, optional(1, identity.namespace) .. delimited(2, identity.session_id))
    .. delimited(2, held.uid)
    .. optional(3, held.user)
    .. optional(6, held.extraction)
    .. optional(7, held.time_zone)
end

local submissions, waiting, size = 0, {}, 0
local function close_submission()
  if #waiting > 0 then
    local request = submission_head() .. table.concat(waiting)
    local entry = { 'tenant', identity.tenant, 'request', request }
    if trace ~= '' then
      entry[5], entry[6] = 'trace', trace
    end
    redis.call('XADD', address.partition .. ':outbox', '*', unpack(entry))
    submissions, waiting, size = submissions + 1, {}, 0
  end
end

local function submit(part)
  if size + #part > SUBMISSION_BYTES then
    close_submission()
  end
  waiting[#waiting + 1] = part
  size = size + #part
end

-- What extraction never gets is told, or its progress would wait for it. A submission tells one
-- stretch of sequences.
local silent = {}
local function tell_silence()
  if silent.first then
    if silent.told then
      close_submission()
    end
    submit(numeric(8, silent.first) .. numeric(9, silent.last))
    silent = { told = true }
  end
end

local function withhold(sequence)
  if silent.last and silent.last + 1 ~= sequence then
    tell_silence()
  end
  silent.first = silent.first or sequence
  silent.last = sequence
end

-- First everything is judged, so that a refusal has changed nothing.
for index = 1, #state, 2 do
  set(state[index], state[index + 1])
end
local items, next_message = messages, 1
if #slots > 0 then
  items = {}
  for index, slot in ipairs(slots) do
    items[index] = { place = slot }
    if slot == '' then
      items[index] = messages[next_message]
      next_message = next_message + 1
    end
  end
end

local seen, fresh = created and {} or already_logged(), 0
local next_sequence = (tonumber(held.sequence) or 0) + 1
for _, item in ipairs(messages) do
  if not recognise(item, seen) and not replaces_view then
    return { 'taken', item.id }
  end
  if not item.known then
    item.sequence = next_sequence + fresh
    seen[item.id] = item.digest .. whole(item.sequence)
    fresh = fresh + 1
  end
end

if created and lifetime and held.ttl == '' then
  set('ttl', whole(lifetime.micros))
  set('sliding', lifetime.sliding and '1' or '')
end
if window and whole(window) ~= held.window then
  set('window', whole(window))
end

local stated = #changed > 0
local owned = caller.user ~= '' and held.user == ''
local idle = not created and not owned and #changed == 0 and not replaces_view and fresh == 0
  and not replaces_memories and #memories == 0

local function place_of(item)
  return item.head .. (item.known or whole(item.sequence))
end

local function tokens_of(place)
  return tonumber(place:match('^%d+', DIGEST_BYTES + 2))
end

-- Runs a command on many values, a lot of them at a time; answers what the last run did.
local function on_all(command, key, values)
  local answer
  for first = 1, #values, LOT do
    answer = redis.call(command, key, unpack(values, first, math.min(first + LOT - 1, #values)))
  end
  return answer
end

local view_size -- where this write has counted it

local function write_messages()
  local tokens = tonumber(held.tokens) or 0
  if replaces_view then
    redis.call('UNLINK', parts.view)
    tokens = 0
  end
  local logged, named, shown = {}, {}, {}
  for _, item in ipairs(items) do
    if item.sequence then
      local sequence = whole(item.sequence)
      local message = with_sequence(item.message, item.sequence)
      logged[#logged + 1], logged[#logged + 2] = sequence, message
      if item.whole ~= '' then
        logged[#logged + 1] = sequence .. ':whole'
        logged[#logged + 1] = with_sequence(item.whole, item.sequence)
      end
      named[#named + 1], named[#named + 2] = item.id, item.digest .. sequence
      if held.strategy == 'none' or item.withheld then
        withhold(item.sequence)
      elseif item.text ~= '' then
        submit(delimited(4, with_sequence(item.text, item.sequence)))
      else
        submit(delimited(4, message))
      end
    end
    if item.sequence or replaces_view then
      local place = item.place or place_of(item)
      shown[#shown + 1] = place
      tokens = tokens + tokens_of(place)
    end
  end
  on_all('HSET', parts.log, logged)
  on_all('HSET', parts.ids, named)
  view_size = on_all('RPUSH', parts.view, shown)
  local last_sequence = next_sequence + fresh - 1
  tell_silence()
  set('sequence', whole(last_sequence))
  set('tokens', whole(tokens))
end

local function write_memories()
  if replaces_memories then
    redis.call('UNLINK', parts.memories)
  end
  local ordinal = tonumber(held.ordinal) or 0
  for _, item in ipairs(memories) do
    ordinal = ordinal + 1
    redis.call('HSET', parts.memories, item.id, whole(ordinal) .. ':' .. item.memory)
    if redis.call('HGET', parts.placed, item.id) ~= item.digest then
      redis.call('HSET', parts.placed, item.id, item.digest)
      if not copies then
        submit(delimited(5, item.memory))
      end
    end
  end
  set('ordinal', whole(ordinal))
end

local function name_session()
  if created then
    -- An incarnation that expired may still be listed, under another owner.
    local _, expiring = expiry_keys(address.partition)
    local former = redis.call('HGET', expiring, member)
    if former then
      unlist(address, former)
      forget_expiry(address.partition, member)
      tell(address.partition, member, 'deleted', now, {})
    end
    set('uid', fresh_uid)
    set('namespace', identity.namespace)
    set('session_id', identity.session_id)
    set('created', whole(now))
  end
  if created or owned then
    if not created then
      unlist(address, held.owner)
      set('owned_late', '1')
    end
    set('user', caller.user)
    set('owner', owner)
  end
end

local function list()
  for _, key in ipairs(listing_keys(address, held.owner)) do
    redis.call('ZADD', key, whole(now), address.namespace .. ':' .. address.session)
  end
end

local function keep_until()
  local had_ttl = held.expires ~= ''
  if held.ttl ~= '' then
    local expires = now + tonumber(held.ttl)
    set('expires', whole(expires))
    local expiry, expiring = expiry_keys(address.partition)
    redis.call('ZADD', expiry, whole(expires), member)
    redis.call('HSET', expiring, member, held.owner)
    return whole(math.ceil(expires / 1000))
  end
  if had_ttl then
    set('expires', '')
    forget_expiry(address.partition, member)
  end
  return had_ttl and 'never' or nil
end

local function arm(moment)
  for _, key in pairs(parts) do
    if moment == 'never' then
      redis.call('PERSIST', key)
    elseif moment then
      redis.call('PEXPIREAT', key, moment)
    end
  end
end

local function tell_all()
  local details = { 'uid', held.uid, 'version', whole(version) }
  if created then
    tell(address.partition, member, 'created', now, details)
  elseif stated or owned or replaces_view or replaces_memories or #memories > 0 then
    tell(address.partition, member, 'updated', now, details)
  end
  if fresh > 0 then
    tell(address.partition, member, 'messages', now, {
      'uid', held.uid, 'version', whole(version),
      'first', whole(next_sequence), 'last', whole(next_sequence + fresh - 1),
    })
  end
end

local overflows = 0
if not idle then
  sweep(address.partition, now, SWEEP)
  name_session()
  write_messages()
  write_memories()
  close_submission()
  list()
  local moment = keep_until()
  -- The clock starts an incarnation's versions, so that none ever repeats one of a former.
  version = created and now or version + 1
  set('version', whole(version))
  set('updated', whole(now))
  redis.call('HSET', parts.meta, unpack(changed))
  arm(moment)
  tell_all()
  overflows = queue_summary(address.partition, member, trigger, held, now, may_wait)
  if overflows == 1 and trace ~= '' then
    local _, _, traces = summary_keys(address.partition)
    redis.call('HSET', traces, member, trace)
  end
end

local answers = {}
for _, item in ipairs(items) do
  if item.sequence then
    answers[#answers + 1] = { item.sequence }
  elseif item.known then
    answers[#answers + 1] = { tonumber(item.known), redis.call('HGET', parts.log, item.known) }
  end
end
return {
  'ok', held.uid, version, created and 1 or 0, held.user,
  tonumber(held.created), tonumber(held.updated), tonumber(held.expires) or 0,
  tonumber(held.sequence), tonumber(held.tokens), view_size or redis.call('LLEN', parts.view),
  fresh, submissions, overflows, answers,
}
