import type { Static } from '@sinclair/typebox'
import { formatEmail } from '~/domain/emails.ts'
import { type Mail as DomainMail, mailKinds, mailStates } from '~/domain/mails.ts'
import { toTimestamp } from '~/domain/times.ts'
import { exampleId, OptionalTime, Time } from './fields.ts'
import { pageQuery } from './pages.ts'
import { Type } from './type.ts'

const MailKind = Type.Literals(mailKinds, { title: 'MailKind' })
const MailState = Type.Literals(mailStates, {
  title: 'MailState',
  description:
    'Whether the mail was accepted by the mail server, is waiting, was refused, or is no longer needed.',
})

export const Mail = Type.Response(
  'Mail',
  'An email to the customer of a license.',
  {
    id: exampleId('mail'),
    license_id: exampleId('lic'),
    kind: 'key',
    customer_email: 'dev@example.com',
    state: 'sent',
    reason: null,
    message_id: `<${exampleId('mail')}@example.com>`,
    tries: 1,
    next_try_at: null,
    created_at: '2026-03-06T12:00:00Z',
    sent_at: '2026-03-06T12:00:01Z',
  },
  {
    id: Type.String(),
    license_id: Type.String(),
    kind: MailKind,
    customer_email: Type.Nullable(
      Type.Described('The address as of the last attempt; null once the customer was erased.'),
    ),
    state: MailState,
    reason: Type.Nullable(
      Type.Described('Why the last attempt failed, or why the mail was canceled.'),
    ),
    message_id: Type.Described('The `Message-ID` header, which is the same in every attempt.'),
    tries: Type.Count('The number of attempts so far.'),
    next_try_at: OptionalTime,
    created_at: Time,
    sent_at: OptionalTime,
  },
)
export type Mail = Static<typeof Mail>

export const SendMailBody = Type.Optional(
  Type.Request('SendMailRequest', [{ kind: 'key' }], {
    kind: Type.Optional(
      Type.Literals(['key'], { description: 'The license key, which is the default.' }),
    ),
  }),
)

const filters = Type.Optionals({
  license_id: Type.Text(40, 'ID of a license.'),
  state: MailState,
})

export const ListMailsQuery = Type.Query({ ...filters, ...pageQuery })
export type ListMailsQuery = Static<typeof ListMailsQuery>

export function presentMail({ progress, ...mail }: DomainMail): Mail {
  const { state, attempts } = progress
  return {
    id: mail.id,
    license_id: mail.licenseId,
    kind: mail.kind,
    customer_email: mail.recipient && formatEmail(mail.recipient),
    state,
    reason: mail.reason,
    message_id: mail.messageId,
    tries: attempts,
    next_try_at: state === 'pending' ? toTimestamp(progress.nextAttemptAtMs) : null,
    created_at: toTimestamp(mail.createdAtMs),
    sent_at: state === 'sent' ? toTimestamp(progress.sentAtMs) : null,
  }
}
