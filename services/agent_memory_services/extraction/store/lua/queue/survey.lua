-- Answers of a tenant how many jobs wait, run and were given up, for how many microseconds one has
-- been due, the seconds of this clock, and what was counted.
local counts = {}
for at, state in ipairs({ PENDING, RUNNING, FAILED }) do
  counts[at] = call('ZCARD', base .. 'jobs:' .. tenant .. ':' .. state)
end
local _, due = first(base .. 'due:' .. tenant)
return { counts, due and math.max(0, now - due) or 0, tonumber(time[1]),
  tallied(base .. 'tally:' .. tenant, tonumber(time[1]), unit) }
