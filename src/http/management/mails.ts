import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { decideMailRetry, draftMail } from '~/domain/mails.ts'
import { NoBody, omitUndefined } from '~/wire/fields.ts'
import { ListMailsQuery, Mail, presentMail, SendMailBody } from '~/wire/mails.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type MailDeps = Pick<Deps, 'store' | 'sendMail'>

export const mailRoutes = ({ store, sendMail }: MailDeps, routes: ScopedRoutes) => {
  const { mails } = store
  const resource = { noun: 'mail', present: presentMail, change: mails.change }

  return routes('', 'Mails')
    .post(
      '/licenses/:id/mail',
      ({ params, body, command }) => {
        requireMailServer(sendMail)
        return command.create({ ...resource, noun: 'license' }, (context) =>
          mails.create(params.id, context, (license) => draftMail(license, body?.kind ?? 'key')),
        )
      },
      {
        scope: 'checkout:write',
        operationId: 'sendLicenseMail',
        body: SendMailBody,
        ...created(Mail, 404, 409),
        summary: 'Send the key of a license to its customer',
        description:
          'The mail is sent in the background. Its state shows whether the mail server has accepted it.',
      },
    )
    .get(
      '/mails',
      ({ query }) =>
        listPage('mails', query, presentMail, (page) =>
          mails.list(omitUndefined({ licenseId: query.license_id, state: query.state }), page),
        ),
      {
        scope: 'checkout:read',
        operationId: 'listMails',
        ...pages(Mail),
        query: ListMailsQuery,
        summary: 'List mails, newest first',
      },
    )
    .get('/mails/:id', ({ params }) => presentFound(resource, mails.find(params.id)), {
      scope: 'checkout:read',
      operationId: 'getMail',
      ...answers(Mail, 404),
      summary: 'Get a mail',
    })
    .post(
      '/mails/:id/retry',
      ({ params, command }) => {
        requireMailServer(sendMail)
        return command.change(resource, params.id, (mail) => decideMailRetry(mail, command.nowMs))
      },
      {
        scope: 'checkout:write',
        operationId: 'retryMail',
        body: NoBody,
        ...answers(Mail, 404, 409),
        summary: 'Send a mail that failed, was canceled or is waiting',
      },
    )
}

/** Throws a Fault if no mail can be sent. */
export function requireMailServer(sendMail: Deps['sendMail']): NonNullable<Deps['sendMail']> {
  if (sendMail !== null) return sendMail
  const detail =
    'No mail server is configured. Set LICET_SMTP_URL and LICET_MAIL_FROM, then restart the server.'
  throw new Fault('mail_not_configured', detail)
}
