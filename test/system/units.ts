import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { readUnits } from '../support/documented-units.ts'
import { readPage } from '../support/pages.ts'
import { Sandbox } from '../support/server.ts'

test('operations docs: systemd accepts the units without a warning', async () => {
  using sandbox = new Sandbox()
  const page = readPage('docs/operations.md')
  const units = readUnits(page)
  expect(units.size).toBe(3)
  for (const [name, text] of units) {
    // The binary need not be installed on this machine.
    writeFileSync(sandbox.at(name), text.replaceAll('/usr/local/bin/licet', '/bin/true'))
  }
  const child = Bun.spawn(['systemd-analyze', 'verify', '--man=no', ...units.keys()], {
    cwd: sandbox.path,
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${sandbox.path}:` },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const printed = (await child.stdout.text()) + (await child.stderr.text())
  expect(printed.split('\n').filter((line) => line.includes('licet'))).toEqual([])
})
