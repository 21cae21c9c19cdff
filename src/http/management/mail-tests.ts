import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { describeChange } from '~/domain/audit-values.ts'
import { getMailDomain } from '~/domain/emails.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { isMailable, type SendResult } from '~/domain/mails.ts'
import { buildTestMail } from '~/domain/test-mails.ts'
import { MINUTE_MS } from '~/domain/times.ts'
import { parseEmail } from '~/wire/fields.ts'
import { presentTestMail, TestMail, TestMailBody } from '~/wire/mail-tests.ts'
import { answers } from '../answers.ts'
import { createQuota } from '../plugins/quotas.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { requireMailServer } from './mails.ts'

/** Otherwise, an API key could make the mail server send to very many strangers. */
const TESTS_MAX = 10

type MailTestDeps = Pick<Deps, 'sendMail' | 'config' | 'createId' | 'clock'>

export const mailTestRoutes = (
  { sendMail, config, createId, clock }: MailTestDeps,
  routes: ScopedRoutes,
) => {
  const { mailFrom, brand } = config
  const detail = `At most ${TESTS_MAX} test emails are sent a minute. Wait, then try again.`
  const count = createQuota(TESTS_MAX, MINUTE_MS, detail, clock)

  return routes('/mails', 'Mails').post(
    '/test',
    ({ body, command, request, server }) => {
      const send = requireMailServer(sendMail)
      assert(mailFrom !== null, 'a mail server and a sender go together')
      const to = parseEmail(body.to)
      if (!isMailable(to)) throw invalidField('/to', 'Mail servers do not accept this address.')
      server?.timeout(request, 0)
      const id = createId('mail')
      const messageId = `<${id}@${getMailDomain(mailFrom.address)}>`
      const message = {
        ...buildTestMail(brand.name),
        messageId,
        fromName: mailFrom.name,
        from: mailFrom.address,
        toName: '',
        to,
        atMs: command.nowMs,
        html: null,
        attachment: null,
        secrets: [],
      }
      const present = (result: SendResult) => presentTestMail(messageId, result)
      return command.run({ noun: 'mail', present, actsBefore: true }, async (context) => {
        count('tests')
        const result = await send(message, request.signal)
        if (result === null) throw new Fault('unavailable', 'The test was interrupted. Try again.')
        const isSent = result.outcome === 'sent'
        const values = { to: `…@${getMailDomain(to)}`, state: isSent ? 'sent' : 'failed' }
        const change = describeChange('mail_test', null, values)
        const action = { action: 'mail.test', subjectId: id, change }
        // The response to a failed test is not stored, so that it can be repeated.
        return command.recordAfter(
          action,
          result,
          isSent ? context : { ...context, idempotency: null },
        )
      })
    },
    {
      scope: 'checkout:write',
      operationId: 'testMail',
      body: TestMailBody,
      ...answers(TestMail, 409),
      summary: 'Send a test email, to check the mail settings',
      description:
        'Responds when the mail server has accepted or refused the email, with the reason if it was not sent. It is not listed, and not tried again.',
    },
  )
}
