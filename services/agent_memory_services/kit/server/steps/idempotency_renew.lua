-- Keep an attempt's claim while its call still runs.
if redis.call("HGET", call, "attempt") == attempt then
  redis.call("PEXPIRE", call, lease)
end
