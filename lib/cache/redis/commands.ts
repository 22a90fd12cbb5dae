/**
 * What the store needs of a Redis client, whichever it is: commands with binary answers, each sent to the node that has its
 * key, and a second connection that is told of messages.
 */
export interface RedisCommands {
  /** Whether keys are on several nodes. */
  readonly isCluster: boolean
  /** @param key by which the node is found; undefined for any */
  send (key: string, isRead: boolean, args: Array<string | Buffer>): Promise<unknown>
  /**
   * @param changed told whether messages are being received
   * @returns what ends the connection
   */
  subscribe (channel: string, received: (message: string) => void, changed: (isOn: boolean) => void): Promise<() => Promise<void>>
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
  on (event: string, listener: (...args: never[]) => void): void
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

  async subscribe (channel: string, received: (message: string) => void, changed: (isOn: boolean) => void): Promise<() => Promise<void>> {
    const subscriber = this.#client.duplicate() as IoRedisSubscriber
    subscriber.on('error', () => {})
    subscriber.on('message', (_channel: string, message: string) => { received(message) })
    for (const event of ['close', 'end', 'reconnecting']) subscriber.on(event, () => { changed(false) })
    // It subscribes anew by itself when it is back.
    subscriber.on('ready', () => { subscriber.subscribe(channel).then(() => { changed(true) }, () => {}) })
    await subscriber.subscribe(channel)
    changed(true)
    return async () => { subscriber.disconnect() }
  }
}

interface NodeRedisSubscriber {
  on (event: string, listener: () => void): void
  connect (): Promise<unknown>
  subscribe (channel: string, listener: (message: string) => void): Promise<unknown>
  destroy? (): unknown
  disconnect? (): unknown
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

  async subscribe (channel: string, received: (message: string) => void, changed: (isOn: boolean) => void): Promise<() => Promise<void>> {
    const subscriber = this.#client.duplicate() as NodeRedisSubscriber
    subscriber.on('error', () => { changed(false) })
    for (const event of ['end', 'reconnecting']) subscriber.on(event, () => { changed(false) })
    await subscriber.connect()
    await subscriber.subscribe(channel, received)
    // It subscribes anew by itself before it is ready again.
    subscriber.on('ready', () => { changed(true) })
    changed(true)
    return async () => {
      if (subscriber.destroy !== undefined) subscriber.destroy()
      else await subscriber.disconnect!()
    }
  }
}
