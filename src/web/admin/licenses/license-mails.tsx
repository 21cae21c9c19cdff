import type { Mail } from '~/wire/mails.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, count } from '../../shared/format.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Empty, ProblemNotice } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { kindNames, MailBadge, nameRecipient } from '../mails/mail-words.tsx'
import { useCan } from '../session.tsx'
import type { LicenseView } from './license-tabs.tsx'

/** The emails to the customer about this license, and sending the key again. */
export function LicenseMails({ license }: LicenseView) {
  const can = useCan()
  const { values } = useFilters()
  const cursor = values.cursor
  const loaded = useLoad(`mails ${license.id} ${cursor}`, () =>
    call(api.mails.get({ query: { license_id: license.id, ...(cursor && { cursor }) } })),
  )
  const send = useAction(async (headers) => {
    await call(api.licenses({ id: license.id }).mail.post({ kind: 'key' }, { headers }))
    toast('The key is on its way.')
    loaded.reload()
  })
  const retry = useAction(async (headers, id: string) => {
    await call(api.mails({ id }).retry.post({}, { headers }))
    toast('The email is sent again.')
    loaded.reload()
  })
  const canWrite = can('checkout:write') && license.status !== 'revoked'
  return (
    <>
      <div class="spread">
        <h2>Emails to the customer</h2>
        {canWrite && license.customer_email !== null && (
          <button type="button" aria-busy={send.isBusy} onClick={() => send.run()}>
            Send key by email
          </button>
        )}
      </div>
      <ProblemNotice problem={send.problem ?? retry.problem} />
      <LoadedList
        loaded={loaded}
        empty={
          <Empty title="No emails yet">
            <p>No email about this license has been sent to the customer.</p>
          </Empty>
        }
      >
        {(data) => (
          <Table
            caption="Emails about the license"
            columns={canWrite ? [...columns, retryColumn(retry.run)] : columns}
            rows={data}
            keyOf={({ id }) => id}
          />
        )}
      </LoadedList>
    </>
  )
}

const columns: readonly Column<Mail>[] = [
  {
    label: 'Email',
    kind: 'title',
    cell: ({ id, kind }) => <a href={`/admin/mails/${id}`}>{kindNames[kind]}</a>,
  },
  {
    label: 'To',
    cell: (mail) => <span class="cell-long">{nameRecipient(mail)}</span>,
  },
  { label: 'State', cell: (mail) => <MailBadge mail={mail} /> },
  {
    label: 'Details',
    cell: ({ reason, tries, state, next_try_at: next }) => (
      <span class="cell-reason">
        {reason ?? (state === 'sent' ? '' : count(tries, 'attempt'))}
        {next !== null && tries > 0 && (
          <>
            {' '}
            Next attempt <Ago at={next} />.
          </>
        )}
      </span>
    ),
  },
  {
    label: 'When',
    cell: ({ sent_at: sentAt, created_at: createdAt }) => <Ago at={sentAt ?? createdAt} />,
  },
]

const retryColumn = (retry: (id: string) => Promise<boolean>): Column<Mail> => ({
  label: 'Actions',
  kind: 'actions',
  cell: ({ id, state }) =>
    state !== 'sent' && (
      <button type="button" class="quiet tight" onClick={() => retry(id)}>
        Try again
      </button>
    ),
})
