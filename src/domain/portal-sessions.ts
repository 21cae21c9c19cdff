import type { Actor } from './actors.ts'
import type { License } from './licenses.ts'
import { HOUR_MS, isRunning } from './times.ts'

/** A session of the portal ends after this time. */
export const PORTAL_SESSION_MS = 2 * HOUR_MS
/** Further sign-ins of the same customer end the oldest session. */
export const PORTAL_SESSIONS_MAX = 20
/** The ways in which customers can sign in. */
export const portalSignIns = ['key', 'mail'] as const
export type PortalSignIn = (typeof portalSignIns)[number]

const USER_AGENT_LENGTH_MAX = 300

/** A customer as far as the sign-in proves it: an email address, or a single license. */
export type Visitor =
  | { readonly kind: 'email'; readonly customerEmail: string }
  | { readonly kind: 'license'; readonly licenseId: string }

/** A customer's browser that is signed in. Its token is stored only as a hash. */
export interface PortalSession {
  readonly id: string
  readonly visitor: Visitor
  readonly createdAtMs: number
  /** Stored as LICET_IP_STORAGE says; null for none. */
  readonly address: string | null
  readonly userAgent: string | null
}

export function buildPortalSession(session: PortalSession): PortalSession {
  const userAgent = session.userAgent?.slice(0, USER_AGENT_LENGTH_MAX) ?? null
  return { ...session, userAgent }
}

/** Whether a session has not expired. */
export function isPortalSessionLive({ createdAtMs }: PortalSession, nowMs: number): boolean {
  return isRunning(createdAtMs, PORTAL_SESSION_MS, nowMs)
}

/** Whether a license is among those that this customer may see. */
export function isVisible(
  { visitor }: PortalSession,
  { id, customerEmail }: Pick<License, 'id' | 'customerEmail'>,
): boolean {
  return visitor.kind === 'license'
    ? visitor.licenseId === id
    : visitor.customerEmail === customerEmail
}

/**
 * Returns the actor of a customer's changes. It has no name, because an erasure cannot change it: the
 * audit entry of the sign-in has the email address.
 */
export function toCustomerActor({ id }: PortalSession): Actor {
  return { kind: 'customer', id, name: null }
}

/** Returns the address as a hint for its owner: `d…@e….com`. */
export function maskEmail(email: string): string {
  const domainStart = email.lastIndexOf('@') + 1
  const domain = email.slice(domainStart)
  const suffix = domain.slice(domain.lastIndexOf('.') + 1)
  return `${firstOf(email)}…@${firstOf(domain)}….${suffix}`
}

const firstOf = (text: string) => [...text][0] ?? ''
