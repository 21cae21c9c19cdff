import { buildFile, buildLease, DAY, LICENSE_ID, signFile, signLease, T0 } from '../samples.ts'
import { wrapInArmor } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'
import {
  allow,
  fileTimes,
  type JudgeCase,
  type LicenseRecord,
  type Ruling,
  refuse,
} from './case.ts'
import { buildImportCase, type ImportRow, rule } from './import-case.ts'

const lease = signLease(buildLease())
const file = signFile(buildFile())
const oldFile = signFile(buildFile({}, T0 - 100 * DAY))
const tombstone = { code: 'LICENSE_SUSPENDED', message: 'Suspended.', at: T0 - DAY }
const byFile = allow('file', fileTimes())

function listFiles(): ImportRow[] {
  const armored = wrapInArmor(file, 'LICENSE').replaceAll('\n', '\r\n')
  const row = (
    id: string,
    description: string,
    record: Partial<LicenseRecord>,
    expected: Ruling,
  ) => ({
    id: `import-file-${id}`,
    description,
    record,
    text: armored,
    expected,
  })
  return [
    row(
      'first',
      'A file allows the app, and is stored without its armor.',
      {},
      rule(byFile, false, { file }),
    ),
    {
      ...row(
        'compact',
        'A file without armor is imported like one with it.',
        {},
        rule(byFile, false, { file }),
      ),
      text: file,
    },
    row(
      'replaces',
      'A file replaces the one before.',
      { file: oldFile },
      rule(byFile, false, { file }),
    ),
    row(
      'heals-clock',
      'A file that is newer than the stored one heals a device whose clock was ahead.',
      { file: oldFile, floor: T0 + 9000 * DAY },
      rule(byFile, false, { file }),
    ),
    row(
      'newer-than-tombstone',
      'A file that is newer than the refusal removes the tombstone.',
      { tombstone },
      rule(byFile, false, { file }),
    ),
    row(
      'as-old-as-tombstone',
      'A file of the second of the refusal does not remove the tombstone.',
      { tombstone: { ...tombstone, at: T0 } },
      rule(refuse('cache', 'LICENSE_SUSPENDED', 'Suspended.'), true, {
        file,
        tombstone: { ...tombstone, at: T0 },
      }),
    ),
    row(
      'older-than-tombstone',
      'A file that is older than the refusal is stored, but the tombstone decides.',
      { tombstone: { ...tombstone, at: T0 + 30 } },
      rule(refuse('cache', 'LICENSE_SUSPENDED', 'Suspended.'), true, {
        file,
        tombstone: { ...tombstone, at: T0 + 30 },
      }),
    ),
    row(
      'beside-lease',
      'A file is imported beside a lease.',
      { lease },
      rule(byFile, false, { lease, file }),
    ),
    {
      ...row(
        'clock-behind',
        'A device whose clock is behind can import a file.',
        { floor: 0 },
        rule(allow('file', fileTimes(), ['CLOCK_BEHIND']), true, { file }),
      ),
      now: 0,
    },
    {
      ...row(
        'feature',
        'A missing feature refuses the call, but the file is stored.',
        {},
        rule(refuse('file', 'FEATURE_NOT_INCLUDED'), false, { file }),
      ),
      options: { features: ['audit'] },
    },
  ]
}

function listBadFiles(): ImportRow[] {
  const row = (
    id: string,
    description: string,
    text: string,
    error: string,
    extra: Partial<ImportRow> = {},
  ) => ({
    id: `import-file-${id}`,
    description,
    record: { file: oldFile },
    text,
    expected: { error },
    ...extra,
  })
  const feed = { to: 20, revoked: { [LICENSE_ID]: T0 + 1 }, keys: {} }
  return [
    row(
      'other-device',
      'A file of another device is not imported, and the file before stays.',
      file,
      'FINGERPRINT_MISMATCH',
      { options: { fingerprint: 'device-2' } },
    ),
    row(
      'other-domain',
      'A file of another domain is not imported.',
      signFile(buildFile({ dom: ['a.io'] })),
      'DOMAIN_MISMATCH',
      { options: { domain: 'data.io' } },
    ),
    row(
      'other-product',
      'A file of another product is not imported.',
      signFile(buildFile({ aud: 'acme-viewer' })),
      'PRODUCT_MISMATCH',
    ),
    row('expired', 'A file that has ended is not imported.', file, 'FILE_EXPIRED', {
      now: T0 + 365 * DAY,
    }),
    row(
      'clock-set-back',
      'A clock that was set back does not let an old file in.',
      file,
      'FILE_EXPIRED',
      { record: { floor: T0 + 366 * DAY } },
    ),
    row(
      'again-clock-set-back',
      'A clock that was set back does not let the stored file in again.',
      file,
      'FILE_EXPIRED',
      { record: { file, floor: T0 + 366 * DAY } },
    ),
    row(
      'revoked',
      'A file that the imported feed revokes is not imported.',
      file,
      'LICENSE_REVOKED',
      { record: { feed } },
    ),
    row(
      'stranger',
      'A file of an unknown key is not imported.',
      signFile(buildFile(), testKeys.stranger),
      'KEY_UNKNOWN',
    ),
    row(
      'changed',
      'A file that was changed is not imported.',
      `${file.slice(0, -4)}AAAA`,
      'SIGNATURE_INVALID',
    ),
    row('lease', 'A lease is not imported as a file.', lease, 'TYPE_UNEXPECTED'),
    row('text', 'Any other text is malformed.', 'TO-7Q4M-X0ZD-9KTB-2F17', 'MALFORMED'),
    row('no-keys', 'Without pinned keys, no file is imported.', file, 'KEY_UNKNOWN', {
      options: { publicKeys: [] },
    }),
  ]
}

/** Cases of license files that are imported. */
export function listImportFileCases(): JudgeCase[] {
  return [...listFiles(), ...listBadFiles()].map((row) => buildImportCase('importFile', row))
}
