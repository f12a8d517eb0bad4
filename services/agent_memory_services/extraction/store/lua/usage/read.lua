-- Answers what models took for a tenant.
return tallied(usage, tonumber(redis.call('TIME')[1]), unit)
