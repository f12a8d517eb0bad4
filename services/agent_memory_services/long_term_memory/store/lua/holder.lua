-- Which memory holds a content: the digest key names its key. A holder counts while readers see
-- it; one that is gone, hidden, expired or outside its validity leaves the content to the next.
-- Every key that is reached from here shares the hash tag of the script's own keys.

local function seen(key, content_hash, now)
  local field = redis.call('HMGET', key, 'content_hash', 'hidden', 'expire', 'valid_from', 'invalid_from')
  return field[1] == content_hash
    and field[2] == '0'
    and not (field[3] and tonumber(field[3]) <= now)
    and not (field[4] and tonumber(field[4]) > now)
    and not (field[5] and tonumber(field[5]) <= now)
end

local function holder_of(digest_key, content_hash, now)
  local key = redis.call('GET', digest_key)
  if key and seen(key, content_hash, now) then
    return key
  end
end
