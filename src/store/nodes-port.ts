/**
 * The servers that use the database, each with a random ID. A server holds claims and leases until it has
 * ended. Commands beside a server are not listed: their claims end by time.
 */
export interface Nodes {
  /** Records that a server is alive, by the clock of the database. */
  beat(id: string): Promise<void>
  /** By how many ms our clock was certainly ahead of that of the database at the last beat; 0 if it may be the same. */
  getClockSkewMs(): number
  /**
   * Ends every other server that has been silent for this long, or for 0 every other one: releases
   * its claims of deliveries, mails and events of checkout, and its leases. Returns how many servers
   * there were. Only a server that is the only one, see `Store.isShared`, may call it with 0.
   */
  endSilent(ownId: string, silentMs: number): Promise<number>
  /** Ends a server in the same way, when it stops. */
  end(id: string): Promise<void>
}

/** Work that one process does at a time, by the clock of the database. */
export interface Leases {
  /**
   * Takes a lease, or extends it if its holder has less than half of it left. Returns false, and writes
   * nothing, while another process holds it.
   */
  take(lease: Lease): Promise<boolean>
  /** Takes a lease away from its holder, who notices when it is to be extended. */
  takeOver(lease: Lease): Promise<void>
  /** Releases a lease if this process holds it. */
  release(name: string, holder: string): Promise<void>
}

export interface Lease {
  readonly name: string
  /** The ID of the process. */
  readonly holder: string
  readonly forMs: number
}
