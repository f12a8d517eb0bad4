-- Which sessions of a partition wait for a summary.
--
-- A sorted set of `tenant:namespace:session` by the time from which somebody may work on them, in
-- microseconds; who takes one moves that time to the end of its lease. And hashes of the same
-- members with the number of attempts that failed, and with the traces of the writes that put
-- them down.

local function summary_keys(partition)
  local waiting = partition .. ':summaries'
  return waiting, waiting .. ':failed', waiting .. ':traces'
end

local function forget_summary(partition, member)
  local waiting, failed, traces = summary_keys(partition)
  redis.call('ZREM', waiting, member)
  redis.call('HDEL', failed, member)
  redis.call('HDEL', traces, member)
end

-- Whether a view is too long. A trigger is a share of the window, and the window of sessions that
-- named none; `held` are the fields of a session's meta.
local function overflows_view(trigger, held)
  local window = tonumber(held.window) or trigger.window
  return (tonumber(held.tokens) or 0) > math.floor(window * trigger.share)
end

-- Puts a session down whose view is too long, and strikes one off whose view is not and that may be
-- down. Answers 1 where it was not down before.
local function queue_summary(partition, member, trigger, held, now, may_wait)
  if not trigger then
    return 0
  end
  if overflows_view(trigger, held) then
    local waiting = summary_keys(partition)
    return redis.call('ZADD', waiting, 'NX', whole(now), member)
  end
  if may_wait then
    forget_summary(partition, member)
  end
  return 0
end
