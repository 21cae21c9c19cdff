import type { ComponentType } from 'preact'
import type { Scope } from '~/domain/api-keys.ts'
import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { LicenseActivations } from './license-activations.tsx'
import { LicenseExplain } from './license-explain.tsx'
import { LicenseFiles } from './license-files.tsx'
import { LicenseHistory } from './license-history.tsx'
import { LicenseMails } from './license-mails.tsx'
import { LicenseOverview } from './license-overview.tsx'
import { LicensePurchase } from './license-purchase.tsx'
import { LicenseUsage } from './license-usage.tsx'

/** The props of every tab. */
export interface LicenseView {
  readonly license: License
  /** Null until it is loaded, and if the person may not see plans. */
  readonly plan: Plan | null
  /** Loads the license again, after a change. */
  readonly reload: () => void
}

interface LicenseTab {
  /** Its name in the address; empty for the first. */
  readonly name: string
  readonly text: string
  readonly scope: Scope
  readonly View: ComponentType<LicenseView>
}

const overview: LicenseTab = {
  name: '',
  text: 'Overview',
  scope: 'licenses:read',
  View: LicenseOverview,
}

export const tabs: readonly LicenseTab[] = [
  overview,
  { name: 'activations', text: 'Activations', scope: 'licenses:read', View: LicenseActivations },
  { name: 'usage', text: 'Usage', scope: 'usage:read', View: LicenseUsage },
  { name: 'history', text: 'History', scope: 'events:read', View: LicenseHistory },
  { name: 'check', text: 'Check', scope: 'licenses:read', View: LicenseExplain },
  { name: 'purchase', text: 'Purchase', scope: 'licenses:read', View: LicensePurchase },
  { name: 'emails', text: 'Emails', scope: 'checkout:read', View: LicenseMails },
  { name: 'files', text: 'License files', scope: 'licenses:read', View: LicenseFiles },
]

export const findTab = (name: string | undefined): LicenseTab =>
  tabs.find((tab) => tab.name === name) ?? overview
