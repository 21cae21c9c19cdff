import { useEffect } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import type { PortalLicense } from '~/wire/portal-licenses.ts'
import { api, call } from '../shared/api.ts'
import { Bones } from '../shared/states.tsx'
import { useLoad } from '../shared/use-load.ts'
import { useFormats, useTexts } from './language.tsx'
import { LicenseFileCard } from './license-file.tsx'
import { LicenseKey } from './license-key.tsx'
import { LicenseStatus } from './licenses.tsx'
import { PortalPage } from './page.tsx'
import { Places } from './places.tsx'
import { PortalProblem } from './problems.tsx'
import { usePortalSession } from './session.tsx'
import type { Texts } from './texts/en.ts'

/** A license: its status in words, its key, and where it is used. */
export function LicensePage() {
  const texts = useTexts()
  const { id = '' } = useRoute().params
  const { state } = usePortalSession()
  const { route } = useLocation()
  const isOut = state === 'signed out' || state === 'ended'
  useEffect(() => {
    if (isOut) route('/portal', true)
  }, [isOut])
  if (typeof state !== 'object') return <Bones />
  return (
    <>
      {state.kind === 'email' && (
        <p>
          <a href="/portal">{texts.back}</a>
        </p>
      )}
      <OneLicense id={id} />
    </>
  )
}

function OneLicense({ id }: { id: string }) {
  const loaded = useLoad(id, () => call(api.portal.licenses({ id }).get()))
  const { data: license, problem, reload } = loaded
  const texts = useTexts()
  if (problem !== null) return <PortalProblem problem={problem} retry={reload} />
  if (license === null) return <Bones lines={6} />
  return (
    <PortalPage title={license.product.name}>
      <Summary license={license} />
      <section class="card">
        <h2>{texts.license.key}</h2>
        <LicenseKey license={license} />
      </section>
      <Places license={license} onChange={reload} />
      {license.license_files && license.status === 'active' && (
        <LicenseFileCard license={license} onChange={reload} />
      )}
    </PortalPage>
  )
}

function Summary({ license }: { license: PortalLicense }) {
  const texts = useTexts()
  const { day } = useFormats()
  const why = explain(license, texts, day)
  const features = Object.entries(license.features)
  return (
    <section class="card stack">
      <LicenseStatus license={license} />
      {why !== null && <p>{why}</p>}
      {license.renew_url !== null && (
        <p>
          <a class="button" href={license.renew_url}>
            {texts.license.renew}
          </a>
        </p>
      )}
      <dl class="facts">
        <dt>{texts.license.plan}</dt>
        <dd>{license.plan.name}</dd>
        <dt>{texts.license.boughtOn}</dt>
        <dd>{day(license.created_at)}</dd>
        {features.length > 0 && (
          <>
            <dt>{texts.license.features}</dt>
            <dd>
              {features.map(([name, value]) => describeFeature(name, value, texts)).join(', ')}
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

function explain(license: PortalLicense, texts: Texts, day: (at: string) => string): string | null {
  const { status, ends_at: endsAt, expires_at: expiresAt } = license
  if (status === 'suspended') {
    const isUnpaid = license.suspension_cause === 'past_due'
    return isUnpaid ? texts.explain.payment : texts.explain.suspended
  }
  if (status === 'revoked') return texts.explain.revoked
  if (license.starts_on !== undefined) return texts.startsOnFirstUse
  if (status !== 'expired') return null
  const isInGrace = endsAt !== null && endsAt !== expiresAt && Date.parse(endsAt) > Date.now()
  return isInGrace
    ? `${texts.explain.expired} ${texts.worksUntil(day(endsAt))}`
    : texts.explain.expired
}

function describeFeature(name: string, value: unknown, { license }: Texts): string {
  if (value === true) return name
  return `${name}: ${value === false ? license.no : String(value)}`
}
