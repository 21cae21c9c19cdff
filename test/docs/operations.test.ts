import { expect, test } from 'bun:test'
import { readConfig } from '~/platform/config.ts'
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
