import type { EdgeLeases } from '~/domain/edge-leases.ts'
import type { Edge } from '~/domain/edges.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Change, CommandContext } from './port.ts'

/** Revoked edges are found by `listAll` only. */
export interface Edges {
  /** Newest first. */
  list(page: PageRequest): Promise<Page<Edge>>
  /** Lists all edges that may still answer: also those that were revoked, until they are cleaned up. */
  listAll(): Promise<readonly Edge[]>
  find(id: string): Promise<Edge | null>
  findByName(name: string): Promise<Edge | null>
  /** Finds an edge by the hash of its token. The times of a cached edge may be old. */
  findByToken(tokenHash: string): Promise<Edge | null>
  /** Throws `already_exists` if the name is taken. */
  create(edge: Edge, tokenHash: string, context: CommandContext<Edge>): Promise<Edge>
  /** Revokes the edge if `decide` returns null. Only the name can be changed. */
  readonly change: Change<Edge, Edge | null>
  /**
   * Records that an edge has asked for changes. The first time, and if `staleMs` changes, it is on disk
   * before the promise resolves; afterwards it is written at most once a minute.
   */
  recordPoll(id: string, poll: EdgePoll): Promise<void>
  /**
   * Records which validations of an edge have arrived. Times only rise: those of activations by an hour
   * or more, as for validations of the primary. An edge or activation that was deleted is ignored.
   */
  recordUsage(id: string, usage: EdgeUsage): Promise<void>
}

/**
 * The leases of edges as all servers know them that share the database. Times are by its clock, numbers
 * those of changes.
 */
export interface EdgeLeaseBook {
  /** Decides on the leases of an edge; null if it has none. Returns the result. Ignores a deleted edge. */
  change<Result>(edgeId: string, decide: DecideLeases<Result>): Promise<Result>
  read(): Promise<{ readonly nowMs: number; readonly leases: ReadonlyMap<string, EdgeLeases> }>
}

export type DecideLeases<Result> = (
  leases: EdgeLeases | null,
  nowMs: number,
) => { readonly leases: EdgeLeases; readonly result: Result }

/** Leases with the session of their numbers. */
export interface StoredLeases {
  readonly session: string
  readonly leases: EdgeLeases
}

export interface EdgePoll {
  readonly atMs: number
  /** For how long the edge answers from what it knows after its lease has ended. */
  readonly staleMs: number
}

export interface EdgeUsage {
  /** The time up to which all validations have arrived. */
  readonly untilMs: number
  readonly seen: readonly (readonly [activationId: string, atMs: number])[]
}
