import type { Static } from '@sinclair/typebox'
import type { SendResult } from '~/domain/mails.ts'
import { Email, exampleId } from './fields.ts'
import { Type } from './type.ts'

export const TestMailBody = Type.Request('TestMailRequest', [{ to: 'ops@example.com' }], {
  to: Email,
})

export const TestMail = Type.Response(
  'TestMail',
  'The result of a test email.',
  { state: 'sent', reason: null, message_id: `<${exampleId('mail')}@example.com>` },
  {
    state: Type.Literals(['sent', 'failed'], {
      title: 'TestMailState',
      description: 'Whether the mail server has accepted the email.',
    }),
    reason: Type.Nullable(Type.Described('Why it was not sent; null if it was.')),
    message_id: Type.Described('The `Message-ID` header, to find the email in the logs.'),
  },
)
export type TestMail = Static<typeof TestMail>

export function presentTestMail(messageId: string, result: SendResult): TestMail {
  return result.outcome === 'sent'
    ? { state: 'sent', reason: null, message_id: messageId }
    : { state: 'failed', reason: result.reason, message_id: messageId }
}
