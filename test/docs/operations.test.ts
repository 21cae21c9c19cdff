import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '~/platform/config.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/operations.md'), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'licet-units-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Each block of the page that follows `Save this as …`, by the name of its file. */
const units = new Map(
  [
    ...page.matchAll(
      /Save this as `\/etc\/systemd\/system\/([\w.-]+)`[\s\S]*?```ini\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, name = '', text = '']) => [name, text]),
)

test('operations docs: the server and the backup timer start with the system', () => {
  expect([...units.keys()]).toEqual(['licet.service', 'licet-backup.service', 'licet-backup.timer'])
  expect(units.get('licet.service')).toContain('\n[Install]\nWantedBy=multi-user.target\n')
  expect(units.get('licet-backup.timer')).toContain('\n[Install]\nWantedBy=timers.target\n')
})

test.skipIf(Bun.which('systemd-analyze') === null)(
  'operations docs: systemd accepts the units without a warning',
  async () => {
    for (const [name, text] of units) {
      // The binary need not be installed on this machine.
      writeFileSync(join(directory, name), text.replaceAll('/usr/local/bin/licet', '/bin/true'))
    }
    const child = Bun.spawn(['systemd-analyze', 'verify', '--man=no', ...units.keys()], {
      cwd: directory,
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:` },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const printed = (await child.stdout.text()) + (await child.stderr.text())
    expect(printed.split('\n').filter((line) => line.includes('licet'))).toEqual([])
  },
)

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
