import { assert } from '~/assert.ts'
import type { PortalSession, Visitor } from '~/domain/portal-sessions.ts'

/** A session as it is stored. It has either an email address or a license. */
interface StoredSession extends Omit<PortalSession, 'visitor'> {
  readonly tokenHash: string
  readonly customerEmail: string | null
  readonly licenseId: string | null
}

export function toSession({
  tokenHash: _secret,
  customerEmail,
  licenseId,
  ...facts
}: StoredSession): PortalSession {
  return { ...facts, visitor: readVisitor(customerEmail, licenseId) }
}

function readVisitor(customerEmail: string | null, licenseId: string | null): Visitor {
  if (customerEmail !== null) return { kind: 'email', customerEmail }
  assert(licenseId !== null, 'a customer signs in by an email address or a license')
  return { kind: 'license', licenseId }
}

export function toSessionRow(
  { visitor, ...facts }: PortalSession,
  tokenHash: string,
): StoredSession {
  const customerEmail = visitor.kind === 'email' ? visitor.customerEmail : null
  const licenseId = visitor.kind === 'license' ? visitor.licenseId : null
  return { ...facts, tokenHash, customerEmail, licenseId }
}
