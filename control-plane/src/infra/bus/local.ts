/** What the bus asks of a gateway. Nothing here waits for a phone. */
export interface GatewayEnd<Cancel> {
  ring(deviceIds: readonly number[]): void
  cancel(request: Cancel): void
  pushBudget(accountId: number): Promise<void>
  disconnect(deviceId: number, reason: string): void
  heardAt(deviceId: number): number | undefined
  isOnline(deviceId: number): boolean
  readonly online: number
}

/**
 * The bus of a plane with one node: hands every message to the gateway of this process. Before that gateway is there a
 * ring does nothing, as a lost ring costs one sweep; every other call rejects.
 */
export class LocalBus<Cancel> {
  #gateway: GatewayEnd<Cancel> | undefined

  /** Called once, by the gateway, when it is made. */
  register(gateway: GatewayEnd<Cancel>): void {
    if (this.#gateway) throw new Error('the bus has a gateway already')
    this.#gateway = gateway
  }

  async ring(deviceIds: readonly number[]): Promise<void> {
    this.#gateway?.ring(deviceIds)
  }

  async cancel(request: Cancel): Promise<void> {
    this.#end().cancel(request)
  }

  async pushBudget(accountId: number): Promise<void> {
    await this.#end().pushBudget(accountId)
  }

  async disconnect(deviceId: number, reason: string): Promise<void> {
    this.#end().disconnect(deviceId, reason)
  }

  async heardAt(deviceId: number): Promise<number | undefined> {
    return this.#end().heardAt(deviceId)
  }

  async isOnline(deviceId: number): Promise<boolean> {
    return this.#end().isOnline(deviceId)
  }

  async onlineCount(): Promise<number> {
    return this.#end().online
  }

  #end(): GatewayEnd<Cancel> {
    if (!this.#gateway) throw new Error('the bus has no gateway yet')
    return this.#gateway
  }
}
