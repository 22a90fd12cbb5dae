/**
 * What the store needs of a Redis client, whichever it is: commands with binary answers, each sent to the node that has its
 * key, and a second connection that is told of messages.
 */
export interface RedisCommands {
  /** Whether keys are on several nodes. */
  readonly isCluster: boolean
  /** @param key by which the node is found; undefined for any */
  send (key: string, isRead: boolean, args: Array<string | Buffer>): Promise<unknown>
  /** @returns what ends the connection */
  subscribe (channel: string, listener: Listener): () => void
}

/** Who is told of messages. What it is called for comes later, not while it subscribes. */
export interface Listener {
  received (message: string): void
  /** From now on messages are received; … */
  on (): void
  /** … from now on not, until the connection is there again. */
  off (): void
  /** Nothing will be received by this connection. */
  failed (error: unknown): void
}

/** The part of `ioredis` clients (5 and later) that is used: single ones, with Sentinel, and clusters. */
export interface IoRedisLike {
  callBuffer (command: string, ...args: Array<string | Buffer>): Promise<unknown>
  duplicate (...args: never[]): unknown
}

/** The part of `redis` clients (4 and later) that is used: single ones, with Sentinel, and clusters. */
export interface NodeRedisLike {
  sendCommand (...args: never[]): Promise<unknown>
  duplicate (...args: never[]): unknown
}

export type RedisClient = IoRedisLike | NodeRedisLike

/** @throws TypeError for what is neither */
export function commandsOf (client: RedisClient): RedisCommands {
  if ('callBuffer' in client && typeof client.callBuffer === 'function') return new IoRedisCommands(client)
  if ('sendCommand' in client && typeof client.sendCommand === 'function') return new NodeRedisCommands(client)
  throw new TypeError('redisStore() takes a client of the package ioredis (5 or later) or redis (4 or later).')
}

interface IoRedisSubscriber {
  readonly status: string
  on (event: string, listener: (...args: never[]) => void): void
  connect (): Promise<unknown>
  subscribe (channel: string): Promise<unknown>
  disconnect (): void
}

class IoRedisCommands implements RedisCommands {
  readonly isCluster: boolean
  readonly #client: IoRedisLike

  constructor (client: IoRedisLike) {
    this.#client = client
    this.isCluster = 'isCluster' in client && client.isCluster === true
  }

  send (_key: string, _isRead: boolean, [command, ...args]: Array<string | Buffer>): Promise<unknown> {
    return this.#client.callBuffer(command as string, ...args)
  }

  subscribe (channel: string, listener: Listener): () => void {
    const subscriber = this.#client.duplicate() as IoRedisSubscriber
    subscriber.on('error', () => {})
    subscriber.on('message', (_channel: string, message: string) => { listener.received(message) })
    for (const event of ['close', 'reconnecting']) subscriber.on(event, () => { listener.off() })
    subscriber.on('end', () => { listener.failed(new Error('The connection has ended.')) })
    // Each time it is back, too.
    subscriber.on('ready', () => { subscriber.subscribe(channel).then(() => { listener.on() }, (error: unknown) => { listener.failed(error) }) })
    // With `lazyConnect`.
    if (subscriber.status === 'wait') subscriber.connect().catch(() => {})
    return () => { subscriber.disconnect() }
  }
}

interface NodeRedisSubscriber {
  on (event: string, listener: () => void): void
  connect (): Promise<unknown>
  subscribe (channel: string, listener: (message: string) => void): Promise<unknown>
  destroy? (): unknown
  disconnect? (): unknown
}

/** Is no error where it has ended by itself. */
async function endOf (subscriber: NodeRedisSubscriber): Promise<void> {
  if (subscriber.destroy !== undefined) subscriber.destroy()
  else await subscriber.disconnect!()
}

/** Texts of RESP come as buffers: in the words of version 4, and of 5 and later. */
const BINARY = { returnBuffers: true, typeMapping: { 36: Buffer } }

type SendToClient = (args: Array<string | Buffer>, options: object) => Promise<unknown>
type SendToCluster = (key: string, isRead: boolean, args: Array<string | Buffer>, options: object) => Promise<unknown>
type SendToSentinel = (isRead: boolean, args: Array<string | Buffer>, options: object) => Promise<unknown>

class NodeRedisCommands implements RedisCommands {
  readonly isCluster: boolean
  readonly #client: NodeRedisLike
  readonly #isSentinel: boolean

  constructor (client: NodeRedisLike) {
    this.#client = client
    this.isCluster = 'masters' in client && 'replicas' in client
    this.#isSentinel = 'getSentinelNode' in client || client.constructor.name === 'RedisSentinel'
  }

  async send (key: string, isRead: boolean, args: Array<string | Buffer>): Promise<unknown> {
    const client = this.#client as object
    if (this.isCluster) return await (client as { sendCommand: SendToCluster }).sendCommand(key, isRead, args, BINARY)
    if (this.#isSentinel) return await (client as { sendCommand: SendToSentinel }).sendCommand(isRead, args, BINARY)
    return await (client as { sendCommand: SendToClient }).sendCommand(args, BINARY)
  }

  subscribe (channel: string, listener: Listener): () => void {
    const subscriber = this.#client.duplicate() as NodeRedisSubscriber
    for (const event of ['error', 'end', 'reconnecting']) subscriber.on(event, () => { listener.off() })
    const begin = async (): Promise<void> => {
      await subscriber.connect()
      await subscriber.subscribe(channel, (message) => { listener.received(message) })
      // It subscribes anew by itself before it is ready again.
      subscriber.on('ready', () => { listener.on() })
      listener.on()
    }
    begin().catch((error: unknown) => { listener.failed(error) })
    return () => { endOf(subscriber).catch(() => {}) }
  }
}
