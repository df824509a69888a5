export const DISCORD_EPOCH = 1_420_070_400_000n;

/** Discord's routing rule. Snowflakes are 64 bit, so BigInt: `guild_id % shards` or Number arithmetic would route wrongly. */
export const shardOf = (guildId, shardCount) => Number((BigInt(guildId) >> 22n) % BigInt(shardCount));

/** Strictly growing ids, also within one millisecond. */
export function snowflakes(now = Date.now) {
  let last = 0n;
  return () => {
    const next = (BigInt(now()) - DISCORD_EPOCH) << 22n;
    last = next > last ? next : last + 1n;
    return String(last);
  };
}

/** Guild ids whose creation times step by a prime, so they spread evenly over any usual number of shards. */
export function guildIds(count) {
  const created = 1_600_000_000_000n - DISCORD_EPOCH;
  return Array.from({ length: count }, (_, index) => String(((created + BigInt(index) * 7919n) << 22n) | BigInt(index & 0xfff)));
}
