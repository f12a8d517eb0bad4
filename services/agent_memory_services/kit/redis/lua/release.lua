-- Gives a lease back, where it is still held.

if redis.call('GET', lease) == holder then
  redis.call('DEL', lease)
end
