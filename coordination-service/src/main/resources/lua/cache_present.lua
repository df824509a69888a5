-- cache_present 1: which values are there; nothing is counted.
-- KEYS: values
-- Reply: for each 1 or 0.
local present = {}
for i = 1, #KEYS do
  present[i] = redis.call('EXISTS', KEYS[i])
end
return present
