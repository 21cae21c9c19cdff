import type { Mail } from '~/wire/mails.ts'
import { api, call } from '../../shared/api.ts'
import { Ago } from '../../shared/format.tsx'
import { SelectField } from '../../shared/forms.tsx'
import { LoadedList } from '../../shared/loaded-list.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty } from '../../shared/states.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { kindNames, MailBadge, nameRecipient, stateNames } from './mail-words.tsx'

const EVERY_MS = 5_000

const columns: readonly Column<Mail>[] = [
  {
    label: 'To',
    kind: 'title',
    cell: (mail) => (
      <div class="cell-long">
        <a href={`/admin/mails/${mail.id}`}>{nameRecipient(mail)}</a>
      </div>
    ),
  },
  { label: 'Email', cell: ({ kind }) => kindNames[kind] },
  { label: 'State', cell: (mail) => <MailBadge mail={mail} /> },
  {
    label: 'Reason',
    cell: ({ reason }) =>
      reason && (
        <div class="cell-long cell-result" title={reason}>
          {reason}
        </div>
      ),
  },
  { label: 'Written', cell: ({ created_at: at }) => <Ago at={at} /> },
]

/** The emails to customers, newest first. */
export function MailsPage() {
  const { values, set } = useFilters()
  const query = pickFilters(values, ['state', 'license_id', 'cursor'])
  // The API checks what the address contains, and says what is wrong with it.
  const mails = useLoad(
    `mails ${JSON.stringify(query)}`,
    () => call(api.mails.get({ query: query as { readonly state?: Mail['state'] } })),
    { everyMs: EVERY_MS },
  )
  return (
    <Page title="Emails" note="Keys, files and notices that customers get.">
      <div class="toolbar">
        <SelectField
          label="State"
          value={query.state ?? ''}
          onInput={(state) => set({ state })}
          options={[['', 'All states'], ...Object.entries(stateNames)]}
        />
        {query.license_id !== undefined && (
          <button type="button" class="plain" onClick={() => set({ license_id: undefined })}>
            Show those of all licenses
          </button>
        )}
      </div>
      <LoadedList
        loaded={mails}
        lines={8}
        empty={<NoMails isFiltered={query.state !== undefined || query.license_id !== undefined} />}
      >
        {(data) => <Table caption="Emails" columns={columns} rows={data} keyOf={({ id }) => id} />}
      </LoadedList>
    </Page>
  )
}

function NoMails({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No email matches">
        <a class="button plain" href="/admin/mails">
          Show all emails
        </a>
      </Empty>
    )
  }
  return (
    <Empty title="No emails yet">
      <p>
        Licet emails the key after a purchase, or when you send it from the page of a license. It
        needs a mail server: see the <a href="/admin/settings">settings</a>.
      </p>
    </Empty>
  )
}
