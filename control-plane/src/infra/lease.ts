/** Work that one node of the plane does at a time. */
export type SingleOwnerWork = 'events.publish' | 'commands.reap' | 'tasks.sweep' | 'housekeeping'

/** Says which node does the work of a single owner. */
export interface Lease {
  /** Whether this node owns the work now; asked before each turn, as an owner may lose it. Rejects like any read. */
  owns(work: SingleOwnerWork): Promise<boolean>
}

/** The lease of a plane with one node, which owns everything. */
export const localLease: Lease = { owns: async () => true }
