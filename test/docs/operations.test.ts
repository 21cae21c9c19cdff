import { expect, test } from 'bun:test'
import { readConfig } from '~/platform/config.ts'
import { openTestApp } from '../support/app.ts'
import { readUnits } from '../support/documented-units.ts'
import { readPage } from '../support/pages.ts'

const page = readPage('docs/operations.md')
const units = readUnits(page)

test('operations docs: the server and the backup timer start with the system', () => {
  expect([...units.keys()]).toEqual(['licet.service', 'licet-backup.service', 'licet-backup.timer'])
  expect(units.get('licet.service')).toContain('\n[Install]\nWantedBy=multi-user.target\n')
  expect(units.get('licet-backup.timer')).toContain('\n[Install]\nWantedBy=timers.target\n')
})

test('operations docs: the command of the backup unit gives each backup a name of its own', async () => {
  const [, command = ''] =
    /^ExecStart=(\/bin\/sh .*)$/m.exec(units.get('licet-backup.service') ?? '') ?? []
  const unescaped = command.replaceAll('%%', '%').replaceAll('$$', '$')
  const shell = unescaped.replace('exec /usr/local/bin/licet', 'echo licet')
  const child = Bun.spawn(['sh', '-c', shell], { stdout: 'pipe' })
  expect(await child.stdout.text()).toMatch(
    /^licet backup \/var\/backups\/licet\/licet-\d{4}-\d\d-\d\d-\d{6}\.sqlite\n$/,
  )
})

test('operations docs: the variables for a proxy are valid', () => {
  const [, text = ''] = /```ini\n(LICET_TRUSTED_PROXIES[\s\S]*?)^```$/m.exec(page) ?? []
  const variables = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  )
  expect(readConfig(variables, false).config.allowedHosts).toEqual(['licenses.example.com'])
})

interface AlertRules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[]
}

test('operations docs: every metric and label of the alerts exists', async () => {
  const rules = Bun.YAML.parse(readPage('docs/operations/alerts.yaml')) as AlertRules
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  await app.callAsClient('validate', { key, domain: 'example.com' })
  const { text } = await app.send('GET', '/metrics')
  const known = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
  const expressions = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr))
  const names = expressions.flatMap((expr) => expr.match(/\b(?:licet|process)_\w+/g) ?? [])
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter((name) => !known.includes(name))).toEqual([])
  // Counters of what has not happened yet have no labels.
  for (const label of ['percentile="100"', 'reason="usage_set_aside"', 'state="failed"']) {
    expect(text).toContain(label)
  }
  expect(text).toMatch(/^licet_validations_total\{verdict="/m)
  expect(text).toMatch(/^licet_http_requests_total\{.*status="/m)
})
