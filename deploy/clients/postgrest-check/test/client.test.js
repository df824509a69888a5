// What supabase-js does for a bot, against a running tracker: only the address and the key differ.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { PostgrestClient } from '@supabase/postgrest-js'

const { TRACKER_URL = 'http://127.0.0.1:8081', TRACKER_KEY } = process.env
assert.ok(TRACKER_KEY, 'TRACKER_KEY: an access token of role service, or a configured key')

const url = `${TRACKER_URL}/rest/v1`
const client = (headers, options = {}) => new PostgrestClient(url, { headers, ...options }).schema('tracker')
// supabase-js sends its key twice.
const tracker = client({ apikey: TRACKER_KEY, Authorization: `Bearer ${TRACKER_KEY}` })
const table = () => tracker.from('cluster_management')
const newCluster = () => `check-${randomUUID().slice(0, 8)}`

/** The data; fails with the client's whole error otherwise. */
async function data(request) {
  const { data, error } = await request
  assert.equal(error, null, JSON.stringify(error))
  return data
}

/** The error; fails if there is none. */
async function refused(request) {
  const { error, status, data } = await request
  assert.ok(error, `expected an error, got ${status} ${JSON.stringify(data)}`)
  assert.deepEqual(Object.keys({ ...error }).sort(), ['code', 'details', 'hint', 'message'])
  return { ...error, status }
}

const row = (cluster_name, instance_id, shard_id, more = {}) => ({
  instance_id, cluster_name, shard_id, total_shards: 4, status: 'active', last_heartbeat: 'now()', ...more,
})

/** Makes the rows 0..count-1 of a new cluster. */
async function fleet(count) {
  const cluster = newCluster()
  await data(table().insert(Array.from({ length: count }, (_, shard) => row(cluster, `bot-${shard}`, shard))))
  return cluster
}

describe('functions', () => {
  test('upsert_instance_assignment gives a shard, and the same one again', async () => {
    const call = { p_instance_id: 'bot-a', p_cluster_name: newCluster(), p_pod_ip: '10.244.1.5', p_total_shards: 4 }
    const first = await data(tracker.rpc('upsert_instance_assignment', call))
    const second = await data(tracker.rpc('upsert_instance_assignment', call))
    assert.deepEqual(first, [{
      instance_id: 'bot-a', cluster_name: call.p_cluster_name, assigned_shard_id: 0, total_shards: 4,
      assignment_strategy: 'first_assignment', is_new_assignment: true,
    }])
    assert.equal(second[0].assigned_shard_id, 0)
    assert.equal(second[0].assignment_strategy, 'existing_assignment')
    assert.equal(second[0].is_new_assignment, false)
  })

  test('single() takes the one row out of the array', async () => {
    const call = { p_instance_id: 'bot-a', p_cluster_name: newCluster() }
    const one = await data(tracker.rpc('upsert_instance_assignment', call).single())
    assert.equal(one.assigned_shard_id, 0)
  })

  test('get_next_available_shard by POST and by GET, with select', async () => {
    const cluster = await fleet(2)
    const posted = await data(tracker.rpc('get_next_available_shard', { p_cluster_name: cluster }))
    assert.deepEqual(posted, [{ shard_id: 2, assignment_strategy: 'available_slot', active_shards: [0, 1] }])
    const got = await data(
      tracker.rpc('get_next_available_shard', { p_cluster_name: cluster, p_total_shards: 4 }, { get: true }).select('shard_id'),
    )
    assert.deepEqual(got, [{ shard_id: 2 }])
  })

  test('cleanup_stale_assignments takes an interval', async () => {
    const cleaned = await data(tracker.rpc('cleanup_stale_assignments', { p_stale_threshold: '10 years' }))
    assert.deepEqual(cleaned, [{ cleaned_count: 0, affected_instances: [] }])
  })

  test('a parameter that does not exist, as the origin\'s Rust bot sends it, is PGRST202', async () => {
    const error = await refused(tracker.rpc('cleanup_stale_assignments', { threshold_minutes: 10 }))
    assert.equal(error.code, 'PGRST202')
    assert.equal(error.status, 404)
  })

  test('an exception of the function arrives as PostgreSQL raised it', async () => {
    const error = await refused(
      tracker.rpc('get_next_available_shard', { p_cluster_name: newCluster(), p_total_shards: 0 }),
    )
    assert.equal(error.message, 'Total shards must be greater than 0')
    assert.equal(error.status, 400)
  })
})

describe('reading', () => {
  test('select, eq, order, limit', async () => {
    const cluster = await fleet(3)
    const rows = await data(
      table().select('shard_id, who:instance_id').eq('cluster_name', cluster).eq('status', 'active')
        .order('shard_id', { ascending: false }).limit(2),
    )
    assert.deepEqual(rows, [{ shard_id: 2, who: 'bot-2' }, { shard_id: 1, who: 'bot-1' }])
  })

  test('every comparison', async () => {
    const cluster = await fleet(4)
    const shards = async narrow => {
      const found = await data(narrow(table().select('shard_id').eq('cluster_name', cluster)).order('shard_id'))
      return found.map(found => found.shard_id)
    }
    assert.deepEqual(await shards(q => q.neq('shard_id', 1)), [0, 2, 3])
    assert.deepEqual(await shards(q => q.gt('shard_id', 1)), [2, 3])
    assert.deepEqual(await shards(q => q.gte('shard_id', 1).lt('shard_id', 3)), [1, 2])
    assert.deepEqual(await shards(q => q.lte('shard_id', 0)), [0])
    assert.deepEqual(await shards(q => q.in('instance_id', ['bot-1', 'bot-3', 'a,b'])), [1, 3])
    assert.deepEqual(await shards(q => q.like('instance_id', 'bot-%').ilike('instance_id', '%-2')), [2])
    assert.deepEqual(await shards(q => q.is('hostname', null)), [0, 1, 2, 3])
    assert.deepEqual(await shards(q => q.not('shard_id', 'in', '(0,1)')), [2, 3])
    assert.deepEqual(await shards(q => q.match({ instance_id: 'bot-1', total_shards: 4 })), [1])
    assert.deepEqual(await shards(q => q.filter('last_heartbeat', 'gt', 'yesterday').limit(1)), [0])
  })

  test('count, range and head', async () => {
    const cluster = await fleet(4)
    const page = await table().select('shard_id', { count: 'exact' }).eq('cluster_name', cluster).order('shard_id').range(1, 2)
    assert.equal(page.status, 206)
    assert.equal(page.count, 4)
    assert.deepEqual(page.data, [{ shard_id: 1 }, { shard_id: 2 }])
    const head = await table().select('*', { count: 'exact', head: true }).eq('cluster_name', cluster)
    assert.equal(head.count, 4)
    const beyond = await refused(table().select('*', { count: 'exact' }).eq('cluster_name', cluster).range(50, 60))
    assert.equal(beyond.code, 'PGRST103')
    assert.equal(beyond.status, 416)
  })

  test('single and maybeSingle', async () => {
    const cluster = await fleet(2)
    const mine = () => table().select('shard_id').eq('cluster_name', cluster)
    assert.deepEqual(await data(mine().eq('instance_id', 'bot-1').single()), { shard_id: 1 })
    assert.deepEqual(await data(mine().eq('instance_id', 'bot-1').maybeSingle()), { shard_id: 1 })
    assert.equal(await data(mine().eq('instance_id', 'nobody').maybeSingle()), null)
    const none = await refused(mine().eq('instance_id', 'nobody').single())
    assert.equal(none.code, 'PGRST116')
    assert.equal(none.status, 406)
    assert.equal(none.details, 'The result contains 0 rows')
    assert.equal((await refused(mine().single())).code, 'PGRST116')
    assert.equal((await refused(mine().maybeSingle())).code, 'PGRST116')
  })

  test('values that look like syntax are only values', async () => {
    const cluster = newCluster()
    const odd = 'a.b,c(d)"e"\\f:g&h=i%25 ü\'; DROP TABLE'
    await data(table().insert(row(cluster, odd, 0)))
    const found = await data(table().select('instance_id').eq('cluster_name', cluster).eq('instance_id', odd))
    assert.deepEqual(found, [{ instance_id: odd }])
    // The client puts a listed value into quotes, but does not escape those inside it.
    const listable = 'a.b,(c) d'
    await data(table().insert(row(cluster, listable, 1)))
    const listed = await data(table().select('instance_id').eq('cluster_name', cluster).in('instance_id', [listable, 'x']))
    assert.deepEqual(listed, [{ instance_id: listable }])
  })
})

describe('writing', () => {
  test('insert, minimal and with the row', async () => {
    const cluster = newCluster()
    const quiet = await table().insert(row(cluster, 'bot-0', 0))
    assert.equal(quiet.status, 201)
    assert.equal(quiet.data, null)
    const loud = await data(table().insert(row(cluster, 'bot-1', 1)).select().single())
    assert.equal(loud.shard_id, 1)
    assert.equal(loud.namespace, 'discord')
    assert.match(loud.id, /^[0-9a-f-]{36}$/)
    assert.ok(Math.abs(Date.now() - Date.parse(loud.last_heartbeat)) < 60_000)
  })

  test('several at once: missing keys are NULL, or their default when asked', async () => {
    const cluster = newCluster()
    const mixed = [
      { instance_id: 'bot-0', cluster_name: cluster, shard_id: 0, guild_count: 5 },
      { instance_id: 'bot-1', cluster_name: cluster, shard_id: 1 },
    ]
    const rows = await data(table().insert(mixed, { defaultToNull: false }).select('shard_id, guild_count').order('shard_id'))
    assert.deepEqual(rows, [{ shard_id: 0, guild_count: 5 }, { shard_id: 1, guild_count: 0 }])
    const nulls = await data(
      table().insert(mixed.map(r => ({ ...r, cluster_name: `${cluster}-n` }))).select('guild_count').order('shard_id'),
    )
    assert.deepEqual(nulls, [{ guild_count: 5 }, { guild_count: null }])
  })

  test('a duplicate names the constraint, as the origin\'s Python bot looks for it', async () => {
    const cluster = await fleet(1)
    const error = await refused(table().insert(row(cluster, 'other', 0)))
    assert.equal(error.code, '23505')
    assert.equal(error.status, 409)
    assert.match(error.message, /duplicate key value violates unique constraint "cluster_management_cluster_name_shard_id_key"/)
    assert.equal(error.details, `Key (cluster_name, shard_id)=(${cluster}, 0) already exists.`)
  })

  test('upsert on (instance_id, cluster_name), as the Python bot records its shard', async () => {
    const cluster = await fleet(1)
    const upsert = (shard, more) =>
      table().upsert(row(cluster, 'bot-0', shard, more), { onConflict: 'instance_id,cluster_name' })
    const moved = await upsert(2, { guild_count: 9 }).select('shard_id, guild_count')
    assert.equal(moved.status, 200)
    assert.deepEqual(moved.data, [{ shard_id: 2, guild_count: 9 }])
    assert.deepEqual(
      await data(table().select('shard_id').eq('cluster_name', cluster)),
      [{ shard_id: 2 }],
    )
  })

  test('upsert on (cluster_name, shard_id), as the Rust bot does', async () => {
    const cluster = newCluster()
    const upsert = name => table().upsert(row(cluster, name, 0), { onConflict: 'cluster_name,shard_id' }).select('instance_id')
    const made = await upsert('bot-0')
    assert.equal(made.status, 201)
    assert.deepEqual(await data(upsert('bot-0')), [{ instance_id: 'bot-0' }])
  })

  test('ignoreDuplicates leaves what is there', async () => {
    const cluster = await fleet(1)
    const ignored = await data(
      table().upsert([row(cluster, 'bot-0', 0, { guild_count: 7 }), row(cluster, 'bot-1', 1, { guild_count: 8 })],
        { onConflict: 'instance_id,cluster_name', ignoreDuplicates: true }).select('instance_id'),
    )
    assert.deepEqual(ignored, [{ instance_id: 'bot-1' }])
  })

  test('update().eq() is the heartbeat of the origin\'s bots', async () => {
    const cluster = await fleet(2)
    const beat = { last_heartbeat: 'now()', status: 'active', pod_ip: null, guild_count: 12, latency_ms: 41.5 }
    const quiet = await table().update(beat).eq('instance_id', 'bot-1').eq('cluster_name', cluster)
    assert.equal(quiet.status, 204)
    const rows = await data(
      table().update(beat).eq('instance_id', 'bot-1').eq('cluster_name', cluster).select('shard_id, guild_count, latency_ms'),
    )
    assert.deepEqual(rows, [{ shard_id: 1, guild_count: 12, latency_ms: 41.5 }])
    assert.deepEqual(await data(table().update(beat).eq('cluster_name', `${cluster}-x`).select()), [])
  })

  test('single() on a write that meets several rows undoes it', async () => {
    const cluster = await fleet(2)
    const error = await refused(table().update({ guild_count: 99 }).eq('cluster_name', cluster).select().single())
    assert.equal(error.code, 'PGRST116')
    const rows = await data(table().select('guild_count').eq('cluster_name', cluster).eq('guild_count', 99))
    assert.deepEqual(rows, [])
  })

  test('delete().eq() frees the shard', async () => {
    const cluster = await fleet(2)
    const gone = await data(table().delete().eq('instance_id', 'bot-0').eq('cluster_name', cluster).select('shard_id'))
    assert.deepEqual(gone, [{ shard_id: 0 }])
    const next = await data(tracker.rpc('get_next_available_shard', { p_cluster_name: cluster }).single())
    assert.equal(next.shard_id, 0)
  })

  test('without a filter nothing is changed or deleted', async () => {
    assert.equal((await refused(table().update({ guild_count: 1 }))).code, '21000')
    assert.equal((await refused(table().delete())).code, '21000')
  })
})

describe('errors', () => {
  test('a column, a table, a function, an operator that does not exist', async () => {
    assert.equal((await refused(table().select('nothing'))).code, '42703')
    assert.equal((await refused(table().insert({ nothing: 1 }))).code, 'PGRST204')
    assert.equal((await refused(tracker.from('nothing').select())).code, 'PGRST205')
    assert.equal((await refused(tracker.rpc('nothing'))).code, 'PGRST202')
    assert.equal((await refused(table().select().filter('shard_id', 'nothing', 1))).code, 'PGRST100')
  })

  test('a value that the table refuses', async () => {
    const cluster = newCluster()
    assert.equal((await refused(table().insert(row(cluster, 'a', -1)))).code, '23514')
    assert.equal((await refused(table().insert(row(cluster, 'a', 0, { status: 'dancing' })))).code, '23514')
    assert.equal((await refused(table().insert({ cluster_name: cluster, shard_id: 0 }))).code, '23502')
    assert.equal((await refused(table().insert(row(cluster, 'a', 0, { cpu_usage_percent: 1000 })))).code, '22003')
    assert.equal((await refused(table().insert(row(cluster, 'a', 'x')))).code, '22P02')
    assert.equal((await refused(table().select().eq('pod_ip', 'x'))).code, '22P02')
  })

  test('another schema is not here', async () => {
    const error = await refused(new PostgrestClient(url, { headers: { apikey: TRACKER_KEY } }).schema('public').from('cluster_management').select())
    assert.equal(error.code, 'PGRST106')
    assert.equal(error.status, 406)
  })

  test('the bearer counts, an apikey alone will do, and without either the door is shut', async () => {
    const read = headers => client(headers).from('cluster_management').select('id').limit(1)
    await data(read({ apikey: TRACKER_KEY }))
    await data(read({ Authorization: `Bearer ${TRACKER_KEY}` }))
    await data(read({ apikey: 'anything', Authorization: `Bearer ${TRACKER_KEY}` }))
    for (const headers of [{}, { apikey: 'wrong' }, { apikey: TRACKER_KEY, Authorization: 'Bearer wrong' }]) {
      assert.equal((await refused(read(headers))).status, 401)
    }
  })
})
