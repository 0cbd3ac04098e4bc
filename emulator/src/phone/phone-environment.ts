/** What is around the phones and can be taken from them, by phone id. */
export interface PhoneEnvironment {
  /** Breaks the connections between a phone's agent and the plane. */
  cutNetwork(phoneId: string): void
  /** Whether the agent of a phone is a process that can be killed from here. */
  knowsAgent(phoneId: string): boolean
  /** Kills a phone's agent at once, as SIGKILL does; false when it is no process that is known. */
  killAgent(phoneId: string): boolean
}
