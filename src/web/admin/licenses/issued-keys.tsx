import { useEffect, useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { Secret } from '../../shared/copying.tsx'
import { count } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Page } from '../../shared/page.tsx'
import { saveFile } from '../../shared/save-file.ts'
import { Notice } from '../../shared/states.tsx'
import { useCan } from '../session.tsx'

/** More are offered as a file only. */
const SHOWN_KEYS_MAX = 5

interface KeysProps {
  readonly licenses: readonly License[]
  /** Called when the person wants to create another license. */
  readonly onMore: () => void
}

/** The keys of new licenses. They are shown once: after that, only one by one, and on request. */
export function IssuedKeys({ licenses, onMore }: KeysProps) {
  const [first] = licenses
  const many = licenses.length > SHOWN_KEYS_MAX
  const [isSaved, setSaved] = useState(false)
  useWarning(many && !isSaved)
  return (
    <Page
      title={`${count(licenses.length, 'license')} created`}
      note={first && `Plan ${first.plan}, for ${first.customer_email}`}
      actions={
        <>
          <button type="button" class="plain" data-leaves onClick={onMore}>
            Create another
          </button>
          <a class="button plain" href={linkTo(licenses)}>
            {licenses.length === 1 ? 'Open license' : 'Show licenses'}
          </a>
        </>
      }
    >
      <KeyNotice many={many} />
      <section class="card stack">
        {!many &&
          licenses.map(({ id, key }) => <Secret key={id} text={key} what="the license key" />)}
        {licenses.length > 1 && (
          <div class="row">
            <DownloadButton
              text={`Download ${count(licenses.length, 'key')}`}
              name="license-keys.txt"
              build={() => licenses.map(({ key }) => `${key}\r\n`).join('')}
              onSaved={() => setSaved(true)}
            />
            <DownloadButton
              isPlain
              text="Download as CSV"
              name="license-keys.csv"
              build={() => buildCsv(licenses)}
              onSaved={() => setSaved(true)}
            />
          </div>
        )}
      </section>
    </Page>
  )
}

function KeyNotice({ many }: { many: boolean }) {
  const canReveal = useCan()('licenses:reveal')
  return (
    <Notice tone="warn">
      {many
        ? 'Download the keys now. This is the only page that offers all of them at once.'
        : 'Copy the key now. Other pages show it masked.'}{' '}
      {canReveal
        ? 'You can reveal a key later on the page of its license, which the audit records.'
        : 'You cannot reveal it later.'}
    </Notice>
  )
}

interface DownloadProps {
  readonly text: string
  readonly name: string
  readonly build: () => string
  readonly onSaved: () => void
  readonly isPlain?: boolean
}

function DownloadButton({ text, name, build, onSaved, isPlain = false }: DownloadProps) {
  const save = () => {
    saveFile(name, 'text/plain', build())
    onSaved()
  }
  return (
    <button type="button" class={isPlain ? 'plain' : ''} onClick={save}>
      <Icon name="download" size={16} /> {text}
    </button>
  )
}

/** The columns that a reseller or a mail merge needs. */
function buildCsv(licenses: readonly License[]): string {
  const rows = licenses.map(({ key, id, plan, customer_email: email, expires_at: end }) => [
    key,
    id,
    plan,
    email ?? '',
    end ?? '',
  ])
  return [['key', 'id', 'plan', 'customer_email', 'expires_at'], ...rows]
    .map((cells) => `${cells.map(toCsvCell).join(',')}\r\n`)
    .join('')
}

/** A cell as the server's exports write it: a spreadsheet would run a text that starts like a formula. */
function toCsvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function linkTo(licenses: readonly License[]): string {
  const [first] = licenses
  if (first === undefined) return '/admin/licenses'
  if (licenses.length === 1) return `/admin/licenses/${first.id}`
  return `/admin/licenses?${new URLSearchParams({ customer_email: first.customer_email ?? '' })}`
}

/** Asks before the page is left, as long as keys are not downloaded. */
function useWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    const ask = (event: MouseEvent) => {
      const { target } = event
      const isLeaving = target instanceof Element && target.closest('a[href], [data-leaves]')
      if (!isLeaving || confirm('Leave without downloading the keys?')) return
      event.preventDefault()
      event.stopPropagation()
    }
    addEventListener('beforeunload', warn)
    document.addEventListener('click', ask, { capture: true })
    return () => {
      removeEventListener('beforeunload', warn)
      document.removeEventListener('click', ask, { capture: true })
    }
  }, [isNeeded])
}
