-- Takes sessions of a partition that have expired out of its listings.
--
-- KEYS  the partition's stream of changes
-- ARGV  the partition

local SWEEP = 1000

sweep(take(), now_micros(), SWEEP)
