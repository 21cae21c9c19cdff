import { useRoute } from 'preact-iso'
import type { Mail } from '~/wire/mails.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, formatNumber, Time } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading, Notice, ProblemNotice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { kindNames, MailBadge, nameRecipient } from './mail-words.tsx'

const EVERY_MS = 2_000

/** One email. While it waits to be sent, the page stays up to date. */
export function MailPage() {
  const can = useCan()
  const id = useRoute().params.id ?? ''
  const mail = useLoad(`mail ${id}`, () => call(api.mails({ id }).get()), {
    everyMs: (data) => (data?.state === 'pending' ? EVERY_MS : undefined),
  })
  const { data } = mail
  const retry = useAction(async (headers) => {
    await call(api.mails({ id }).retry.post({}, { headers }))
    toast('The email is sent again.')
    mail.reload()
  })
  const isRetryable = data !== null && data.state !== 'sent'
  const actions = isRetryable && can('checkout:write') && (
    <button type="button" aria-busy={retry.isBusy} onClick={() => retry.run()}>
      {data.state === 'canceled' ? 'Send anyway' : 'Retry now'}
    </button>
  )
  return (
    <Page
      title={data === null ? 'Email' : `Email: ${kindNames[data.kind]}`}
      note={<a href="/admin/mails">All emails</a>}
      actions={actions}
    >
      <ProblemNotice problem={retry.problem} />
      <Loading loaded={mail} lines={6}>
        {(loaded) => (
          <>
            {loaded.reason !== null && (
              <Notice tone={loaded.state === 'failed' ? 'bad' : 'warn'}>
                <p>{loaded.reason}</p>
              </Notice>
            )}
            <Facts mail={loaded} />
          </>
        )}
      </Loading>
    </Page>
  )
}

function Facts({ mail }: { mail: Mail }) {
  const { license_id: licenseId, sent_at: sent, next_try_at: next } = mail
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <MailBadge mail={mail} />
      </dd>
      <dt>To</dt>
      <dd>{nameRecipient(mail)}</dd>
      <dt>License</dt>
      <dd>
        <a href={`/admin/licenses/${licenseId}`}>
          <code>{licenseId}</code>
        </a>
      </dd>
      <dt>Attempts</dt>
      <dd>{formatNumber(mail.tries)}</dd>
      {next !== null && (
        <>
          <dt>Next attempt</dt>
          <dd>
            <Ago at={next} />
          </dd>
        </>
      )}
      <dt>Written</dt>
      <dd>
        <Time at={mail.created_at} />
      </dd>
      {sent !== null && (
        <>
          <dt>Sent</dt>
          <dd>
            <Time at={sent} />
          </dd>
        </>
      )}
      <dt>Message-ID</dt>
      <dd>
        <code>{mail.message_id}</code>
      </dd>
    </dl>
  )
}
