import { randomUUID } from 'node:crypto'
import { encodeEntry, YEAR, type CacheEntry } from '../entry.ts'
import type { MemoryStoreOptions } from '../memory-store.ts'
import type { CacheStore, Invalidation, StoredEntry } from '../store.ts'
import { freshnessByAll } from '../tag-states.ts'
import { RedisClock } from './clock.ts'
import { commandsOf, type RedisClient, type RedisCommands } from './commands.ts'
import { DecodedEntries } from './decoded-entries.ts'
import { KnownStates, type States } from './known-states.ts'
import { Messages } from './messages.ts'
import { NearCache } from './near-cache.ts'

export interface RedisStoreOptions {
  /**
   * Begins every key.
   * @default 'app-routes'
   */
  prefix?: string | undefined
  /**
   * Keeps copies in the memory of each process, which Redis tells of what is invalidated: `true`, or how much of it
   * (50 MiB otherwise). What another process invalidates is then seen as soon as its message has come, not at the next read.
   * @default false
   */
  nearCache?: boolean | MemoryStoreOptions | undefined
}

/** Of so many invalidated tags all are forgotten, as if there had been nothing before. */
const MOST_TAGS = 1_000_000

/** Milliseconds, by the clock of Redis. */
const TIME = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000`

/** Tells everybody who remembers states of tags that they have changed. In a cluster nobody does. */
const CHANGED = `
if KEYS[2] then redis.call('SET', KEYS[2], string.format('%.3f', now)) end`

const RETURN = `
return string.format('%.3f', now)`

/**
 * Sets the state of a tag in one step, for what it was counts, tells everybody who listens, and returns when. See
 * `invalidated()`, which does the same in memory. States are fields of one hash, together with the time since when it is
 * there: should Redis lose or evict it, nothing that is older is believed. Nobody listens where the user of Redis may not
 * use the channel.
 */
const INVALIDATE = `${TIME}
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[3]) then redis.call('UNLINK', KEYS[1]) end
redis.call('HSETNX', KEYS[1], '', string.format('%.3f', now))
local expired, stale, till = 0, 0, math.huge
local state = redis.call('HGET', KEYS[1], ARGV[1])
if state then
  local e, s, t = string.match(state, '^(%S+) (%S+) (%S+)$')
  expired, stale = tonumber(e) or now, tonumber(s) or 0
  if t and t ~= '-' then till = tonumber(t) or now end
end
if ARGV[2] == '0' then expired = now else
  local ends = math.huge
  if ARGV[2] ~= '-' then ends = now + tonumber(ARGV[2]) * 1000 end
  if till > now then ends = math.min(till, ends) else expired = math.max(expired, stale) end
  stale, till = now, ends
end
local last = '-'
if till < math.huge then last = string.format('%.3f', till) end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f %.3f %s', expired, stale, last))${CHANGED}
redis.pcall('PUBLISH', ARGV[4], cjson.encode({ tag = ARGV[1], how = ARGV[2], at = string.format('%.3f', now) }))${RETURN}`

/** Begins the hash of the tags, where there is none, and returns when. */
const BEGIN = `${TIME}
redis.call('HSETNX', KEYS[1], '', string.format('%.3f', now))${CHANGED}${RETURN}`

/** Gives a lock back, unless somebody else has it meanwhile. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

/** Keeps entries in Redis, for all processes that use it: one round trip for what is found, whatever its tags are. */
export class RedisStore implements CacheStore {
  readonly isShared = true
  readonly #commands: RedisCommands
  readonly #prefix: string
  readonly #tagsKey: string
  /** Where it is said when any tag was invalidated last. */
  readonly #changedKey: string
  readonly #clock: RedisClock
  readonly #states: KnownStates
  readonly #decoded = new DecodedEntries()
  readonly #near: NearCache | undefined
  readonly #messages: Messages | undefined
  #knowsFlags = true

  constructor (client: RedisClient, { prefix = 'app-routes', nearCache = false }: RedisStoreOptions = {}) {
    this.#commands = commandsOf(client)
    this.#prefix = prefix
    this.#tagsKey = `${prefix}:tags`
    this.#changedKey = `${prefix}:changed`
    this.#states = new KnownStates(async (tags) => await this.#commands.send(this.#tagsKey, false, ['hmget', this.#tagsKey, '', ...tags]) as Array<Buffer | null>)
    this.#clock = new RedisClock(this.#commands, this.#tagsKey)
    if (nearCache === false) return
    this.#near = new NearCache(nearCache === true ? {} : nearCache, () => this.now())
    this.#messages = new Messages(this.#commands, this.#channel, this.#near)
  }

  now (): number { return this.#clock.now() }

  get (key: string, tags: readonly string[]): StoredEntry | Promise<StoredEntry | undefined> {
    if (this.#clock.isDue) return this.#clock.sync().then(() => this.get(key, tags) as Promise<StoredEntry | undefined>)
    if (this.#near === undefined) return this.#find(key, tags)
    this.#messages!.listen()
    return this.#near.get(key, tags) ?? this.#find(key, tags)
  }

  /** Made of few promises, since each costs every hit. */
  #find (key: string, tags: readonly string[]): Promise<StoredEntry | undefined> {
    const entryKey = this.#entryKey(key)
    // In a cluster the tags are on another node: there their states are read each time.
    return this.#commands.isCluster
      ? this.#commands.send(entryKey, true, ['get', entryKey]).then((bytes) => this.#read(key, tags, bytes as Buffer | null, null))
      : this.#commands.send(entryKey, false, ['mget', entryKey, this.#changedKey]).then((both) => this.#read(key, tags, ...both as [Buffer | null, Buffer | null]))
  }

  /** @param changed when any tag was invalidated last */
  #read (key: string, tags: readonly string[], bytes: Buffer | null, changed: Buffer | null): StoredEntry | undefined | Promise<StoredEntry | undefined> {
    this.#states.changed(changed)
    const entry = bytes === null ? undefined : this.#decoded.get(key, bytes)
    const wanted = entry === undefined ? NO_TAGS : tags.length === 0 ? entry.tags : [...tags, ...entry.tags]
    const states = changed === null ? undefined : this.#states.known(wanted)
    return states === undefined ? this.#lookUp(key, entry, wanted, changed) : this.#judge(key, entry, states)
  }

  async #lookUp (key: string, entry: CacheEntry | undefined, tags: readonly string[], changed: Buffer | null): Promise<StoredEntry | undefined> {
    if (changed === null && !this.#commands.isCluster) this.#clock.saw(await this.#run(BEGIN))
    const states = await this.#states.read(tags)
    if (states !== undefined && 'all' in states) return this.#judge(key, entry, states)
    // As if they were invalidated now, once.
    if (states !== undefined) await this.invalidate(states.unreadable)
    else this.#clock.saw(await this.#run(BEGIN))
    return undefined
  }

  #judge (key: string, entry: CacheEntry | undefined, states: States): StoredEntry | undefined {
    this.#clock.saw(states.latest)
    this.#near?.keptSince(states.since)
    if (entry === undefined || entry.createdAt <= states.since) return undefined
    const now = this.now()
    const found = { entry, tags: freshnessByAll(states.all, entry.createdAt, now), now }
    if (found.tags === 'fresh') this.#near?.set(key, entry)
    return found
  }

  async set (key: string, entry: CacheEntry): Promise<void> {
    const redisKey = this.#entryKey(key)
    // Whether its tags were invalidated while it was made shows when it is read: until then there is no copy of it.
    this.#near?.delete(key)
    await this.#commands.send(redisKey, false, ['set', redisKey, encodeEntry(entry), 'EX', String(Math.ceil(Math.min(entry.expire ?? YEAR, YEAR)))])
  }

  async invalidate (tags: readonly string[], invalidation: Invalidation = { expire: 0 }): Promise<void> {
    const how = invalidation.expire === undefined ? '-' : String(invalidation.expire)
    const times = await Promise.all(tags.map((tag) => this.#run(INVALIDATE, tag, how, String(MOST_TAGS), this.#channel)))
    const at = Math.max(...times)
    this.#clock.saw(at)
    this.#near?.invalidate(tags, invalidation, at)
  }

  async lock (key: string, milliseconds: number): Promise<(() => Promise<void>) | undefined> {
    const redisKey = `${this.#prefix}:lock:${key}`
    const token = randomUUID()
    const taken = await this.#commands.send(redisKey, false, ['set', redisKey, token, 'NX', 'PX', String(milliseconds)])
    if (taken === null) return undefined
    return async () => { await this.#commands.send(redisKey, false, ['eval', RELEASE, '1', redisKey, token]) }
  }

  /** Ends the connection of its own; the client is whoever's has made it. */
  close (): void { this.#messages?.end() }

  #entryKey (key: string): string { return `${this.#prefix}:entry:${key}` }
  get #channel (): string { return `${this.#prefix}:invalidated` }

  /** Changes the tags, also where Redis has no memory left, which from version 7 on can be allowed. */
  async #run (script: string, ...args: string[]): Promise<number> {
    const keys = this.#commands.isCluster ? ['1', this.#tagsKey] : ['2', this.#tagsKey, this.#changedKey]
    const run = async (flags: string): Promise<number> => Number(await this.#commands.send(this.#tagsKey, false, ['eval', flags + script, ...keys, ...args]))
    try {
      if (this.#knowsFlags) return await run('#!lua flags=allow-oom')
    } catch (error) {
      if (!/compil/i.test(String(error))) throw error
      this.#knowsFlags = false
    }
    return await run('')
  }
}

const NO_TAGS: readonly string[] = []
