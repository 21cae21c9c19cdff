import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { PortalLicense } from '~/wire/portal-licenses.ts'
import { api, call } from '../shared/api.ts'
import { Badge, Bones, type Tone } from '../shared/states.tsx'
import { useLoad } from '../shared/use-load.ts'
import { useFormats, useTexts } from './language.tsx'
import { PortalPage } from './page.tsx'
import { PortalProblem } from './problems.tsx'
import { usePortalSession } from './session.tsx'
import { SignIn } from './sign-in.tsx'

const tones: Readonly<Record<PortalLicense['status'], Tone>> = {
  active: 'good',
  expired: 'warn',
  suspended: 'warn',
  revoked: 'bad',
}

/** The licenses of the customer, or the sign-in. */
export function LicensesPage() {
  const texts = useTexts()
  const { state } = usePortalSession()
  const { route } = useLocation()
  const onlyLicense = typeof state === 'object' ? state.license_id : null
  useEffect(() => {
    if (onlyLicense !== null) route(`/portal/licenses/${onlyLicense}`, true)
  }, [onlyLicense])
  if (state === 'loading' || onlyLicense !== null) return <Bones />
  if (state === 'signed out' || state === 'ended') return <SignIn hasEnded={state === 'ended'} />
  return (
    <PortalPage title={texts.title}>
      {state.customer_email !== null && <p class="muted">{state.customer_email}</p>}
      <LicenseList />
    </PortalPage>
  )
}

function LicenseList() {
  const texts = useTexts()
  const { data, problem, reload } = useLoad('licenses', listLicenses)
  if (problem !== null) return <PortalProblem problem={problem} retry={reload} />
  if (data === null) return <Bones />
  if (data.length === 0) {
    return (
      <div class="empty">
        <h2>{texts.licenses.none}</h2>
        <p>{texts.licenses.noneHint}</p>
      </div>
    )
  }
  return (
    <ul class="license-list">
      {data.map((license) => (
        <li key={license.id}>
          <a class="card license-card" href={`/portal/licenses/${license.id}`}>
            <strong>{license.product.name}</strong>
            <LicenseStatus license={license} />
            <span class="muted">{license.plan.name}</span>
            <span class="mono muted">{license.key}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** Reads all pages: a customer has few licenses. */
async function listLicenses(): Promise<PortalLicense[]> {
  const licenses: PortalLicense[] = []
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? { limit: '100' } : { limit: '100', cursor }
    const page = await call(api.portal.licenses.get({ query }))
    licenses.push(...page.data)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return licenses
}

/** The status of a license, and until when. */
export function LicenseStatus({ license }: { license: PortalLicense }) {
  const texts = useTexts()
  const { day } = useFormats()
  const { status, expires_at: expiresAt } = license
  return (
    <span class="row">
      <Badge tone={tones[status]}>{texts.status[status]}</Badge>
      {status === 'active' && (
        <span class="muted small">
          {expiresAt === null ? texts.forever : texts.until(day(expiresAt))}
        </span>
      )}
    </span>
  )
}
