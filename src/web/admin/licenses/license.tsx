import type { ComponentChildren } from 'preact'
import { useRoute } from 'preact-iso'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { Loading } from '../../shared/states.tsx'
import { Tabs } from '../../shared/tabs.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { LicenseActions } from './license-actions.tsx'
import { LicenseKey } from './license-key.tsx'
import { LicenseStatus } from './license-status.tsx'
import { findTab, tabs } from './license-tabs.tsx'
import { lastFourOf } from './license-words.ts'

/** One license: what it is, where it is used, what happened to it, and everything that can be done. */
export function LicensePage() {
  const { params, query } = useRoute()
  const id = params.id ?? ''
  const can = useCan()
  const loaded = useLoad(`license ${id}`, () => call(api.licenses({ id }).get()))
  const license = loaded.data
  const slug = license?.plan
  const plan = useLoad(`plan ${slug}`, async () =>
    slug !== undefined && can('plans:read') ? await call(api.plans({ slug }).get()) : null,
  )
  const tab = findTab(query.tab)

  return (
    <Page
      title={license === null ? 'License' : `License …${lastFourOf(license.key)}`}
      note={license !== null && <LicenseStatus license={license} plan={plan.data} />}
      actions={license !== null && <LicenseActions license={license} reload={loaded.reload} />}
    >
      <Loading loaded={loaded} lines={8}>
        {(shown) => (
          <Frame license={shown} current={tab.name}>
            <tab.View key={tab.name} license={shown} plan={plan.data} reload={loaded.reload} />
          </Frame>
        )}
      </Loading>
    </Page>
  )
}

interface FrameProps {
  readonly license: License
  readonly current: string
  readonly children: ComponentChildren
}

function Frame({ license, current, children }: FrameProps) {
  const can = useCan()
  const path = `/admin/licenses/${license.id}`
  return (
    <>
      <LicenseKey license={license} />
      <Tabs
        label="Views of the license"
        tabs={tabs
          .filter(({ scope }) => can(scope))
          .map(({ name, text }) => ({
            href: name === '' ? path : `${path}?tab=${name}`,
            text,
            isCurrent: name === current,
          }))}
      />
      {children}
    </>
  )
}
