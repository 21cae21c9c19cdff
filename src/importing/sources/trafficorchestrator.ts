import type { ImportedState } from '~/domain/imported-licenses.ts'
import { APP_NAME } from '~/wire/compat/trafficorchestrator-portal.ts'
import { hasField, readList, readText, readTime, requireText } from '../fields.ts'
import {
  active,
  oneOf,
  refuseRecord,
  type Source,
  type SourceRecord,
  suspended,
} from '../source.ts'

/**
 * The licenses of an account, as `GET /portal/licenses` returns them, or in CSV with the same names.
 * Source: https://www.npmjs.com/package/@traffic-orchestrator/client/v/2.1.0 (`License` in
 * dist/index.d.ts).
 */
export const trafficorchestrator: Source = {
  name: 'trafficorchestrator',
  title: 'Traffic Orchestrator',
  lists: ['licenses'],
  listColumns: () => [oneOf('license_id', 'id'), oneOf('license_key', 'token')],
  translate: (record) => {
    const createdAtMs = readTime(record, 'created_at') ?? undefined
    const appName = readText(record, 'app_name', 'appName')
    return {
      kind: 'license',
      license: {
        id: requireText(record, 'license_id', 'id'),
        key: { kind: 'text', text: requireText(record, 'license_key', 'token') },
        plan: readText(record, 'plan_id', 'plan'),
        customerEmail: readText(record, 'customer_email', 'email'),
        customerName: readText(record, 'customer_name'),
        expiresAtMs: hasField(record, 'expires_at') ? readTime(record, 'expires_at') : null,
        state: readState(record),
        limits: {},
        activations: readList(record, 'domains').map(
          (value) => ({ kind: 'domain', value, createdAtMs }) as const,
        ),
        purchasedAtMs: createdAtMs,
        metadata: appName === null ? {} : { [APP_NAME]: appName },
      },
    }
  },
}

function readState(record: SourceRecord): ImportedState {
  const status = readText(record, 'status') ?? 'active'
  switch (status.toLowerCase()) {
    case 'active':
    case 'expired':
      return active
    case 'suspended':
      return suspended('Suspended at Traffic Orchestrator.')
    case 'revoked':
      return { status: 'revoked' }
    default:
      throw refuseRecord(`status is unknown: ${status.slice(0, 40)}.`)
  }
}
