-- version 1. Says that a replica lives, and counts those that said so lately.
-- KEYS[1] ZSET of replicas, score = when it was heard of, in ms
-- ARGV[1] the replica's id; ARGV[2] ms for which it counts
-- returns how many live, this one among them
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZCARD', KEYS[1])
