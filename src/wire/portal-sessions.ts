import type { Static } from '@sinclair/typebox'
import * as domain from '~/domain/portal-sessions.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Email, LicenseKeyText, Time } from './fields.ts'
import { Type } from './type.ts'

const CODE_LENGTH_MAX = 40

export const CodeBody = Type.Request('PortalCodeRequest', [{ email: 'dev@example.com' }], {
  email: Email,
})

export const CodeSent = Type.Response(
  'PortalCode',
  'The same for every address, so that it does not reveal which ones have licenses.',
  { expires_at: '2026-03-06T12:10:00Z' },
  { expires_at: { ...Time, description: 'When the code stops working.' } },
)

export const PortalSignInBody = Type.Request(
  'PortalSignInRequest',
  [{ code: '12345678' }, { key: 'TO-7Q4M-X0ZD-9KTB-2F17' }],
  {
    code: Type.Optional(
      Type.Text(CODE_LENGTH_MAX, 'The 8 digits of the email, in the browser that requested it.'),
    ),
    key: Type.Optional(LicenseKeyText),
  },
)
export type PortalSignInBody = Static<typeof PortalSignInBody>

const example = {
  kind: 'email',
  customer_email: 'dev@example.com',
  license_id: null,
  created_at: '2026-03-06T12:00:00Z',
  expires_at: '2026-03-06T14:00:00Z',
}

const PortalSession = Type.Object(
  {
    kind: Type.Literals(['email', 'license'], {
      title: 'PortalSessionKind',
      description: 'Whether the customer has signed in with an email address or a license key.',
    }),
    customer_email: Type.Nullable(
      Type.Described('The address whose licenses are shown; null after a sign-in with a key.'),
    ),
    license_id: Type.Nullable(
      Type.Described('The only license that is shown; null after a sign-in with an address.'),
    ),
    created_at: Time,
    expires_at: Time,
  },
  { title: 'PortalSession', description: 'A customer who is signed in to the portal.' },
)
export type PortalSession = Static<typeof PortalSession>

export const CurrentPortalSession = Type.Response(
  'CurrentPortalSession',
  'The session of the cookie; null without a valid one.',
  { session: example },
  { session: Type.Nullable(PortalSession) },
)

export const ExportedPortalSession = Type.Response(
  'ExportedPortalSession',
  'A sign-in of a customer to the portal, which is kept for 2 hours.',
  { ...example, address: '192.0.2.0', user_agent: 'Mozilla/5.0' },
  {
    ...PortalSession.properties,
    address: Type.Nullable(Type.Described('As LICET_IP_STORAGE says; null for none.')),
    user_agent: Type.Nullable(Type.String()),
  },
)
export type ExportedPortalSession = Static<typeof ExportedPortalSession>

export function presentExportedSession(session: domain.PortalSession): ExportedPortalSession {
  const { address, userAgent } = session
  return { ...presentPortalSession(session), address, user_agent: userAgent }
}

export function presentPortalSession({
  visitor,
  createdAtMs,
}: domain.PortalSession): PortalSession {
  return {
    kind: visitor.kind,
    customer_email: visitor.kind === 'email' ? visitor.customerEmail : null,
    license_id: visitor.kind === 'license' ? visitor.licenseId : null,
    created_at: toTimestamp(createdAtMs),
    expires_at: toTimestamp(createdAtMs + domain.PORTAL_SESSION_MS),
  }
}
