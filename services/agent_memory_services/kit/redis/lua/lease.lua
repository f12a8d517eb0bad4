-- Takes or renews a lease for a holder; answers 1 where it is held now.

local held_by = redis.call('GET', lease)
if held_by and held_by ~= holder then
  return 0
end
redis.call('SET', lease, holder, 'PX', milliseconds)
return 1
