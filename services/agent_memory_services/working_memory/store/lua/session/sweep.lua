-- Takes sessions of a partition that have expired out of its listings.

local SWEEP = 1000

sweep(partition, now_micros(), SWEEP)
