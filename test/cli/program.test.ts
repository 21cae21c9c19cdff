import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { version } from '~/platform/version.ts'
import { runLicet, Sandbox } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

describe('program', () => {
  test.each([
    [['kyes'], 'Did you mean keys?'],
    [['keys', 'lst'], 'Did you mean list?'],
    [['serve', '--prot', '3000'], "unknown option '--prot'"],
    [['restore'], "missing required argument 'source'"],
    [
      ['keys', 'create', '--name', 'x', '--scope', 'licences:read'],
      'licenses:read, licenses:write',
    ],
    [
      ['keys', 'create', '--name', 'x', '--scope', '*', '--expires-at', '2027-02-30T00:00:00Z'],
      'Use a time such as 2027-03-06T00:00:00Z',
    ],
    [
      ['keys', 'create', '--name', 'x', '--scope', '*', '--expires-at', '2020-01-01T00:00:00Z'],
      'This time has passed',
    ],
  ])('licet %j exits with 2 and says what is valid', async (args, advice) => {
    const { code, stdout, stderr } = await runLicet(sandbox, args)
    expect(stderr).toContain(advice)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('program: all invalid environment variables are reported together', async () => {
    const { code, stderr } = await runLicet(sandbox, [], {
      LICET_PORT: 'http',
      LICET_TLS_CERT: '/nowhere.pem',
      LICET_ADMIN_TOKEN: 'short',
    })
    expect(stderr.match(/^LICET_\w+/gm)?.sort()).toEqual([
      'LICET_ADMIN_TOKEN',
      'LICET_PORT',
      'LICET_TLS_CERT',
      'LICET_TLS_CERT',
    ])
    expect(stderr).toContain('go together')
    expect(stderr).not.toContain('short')
    expect(code).toBe(2)
  })
})

test.each([[['help']], [['keys', 'create', '--help']]])(
  'licet %j prints its usage and exits with 0',
  async (args) => {
    const { code, stdout, stderr } = await runLicet(sandbox, args)
    expect(stdout).toContain('Usage: licet')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  },
)

test('licet help keys create prints the same as licet keys create --help', async () => {
  const asked = await runLicet(sandbox, ['help', 'keys', 'create'])
  expect(asked).toEqual(await runLicet(sandbox, ['keys', 'create', '--help']))
  expect(asked.stdout).toContain('--scope')
})

test('licet version prints nothing but the version', async () => {
  expect(await runLicet(sandbox, ['version'])).toEqual({
    code: 0,
    // The binary adds the Git revision.
    stdout: expect.stringMatching(new RegExp(`^${RegExp.escape(version)}(\\+[-\\w]+)?\n$`)),
    stderr: '',
  })
})

test.each([[['keys', 'list']], [['backup', 'copy.sqlite']]])(
  'licet %j creates no data directory',
  async (args) => {
    const { code, stdout, stderr } = await runLicet(sandbox, args)
    expect(stderr).toContain('Set LICET_DATA_DIR to the directory of your database')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(existsSync(sandbox.at('data'))).toBe(false)
  },
)

test.each(['version', 'jobs list', '--help'])(
  'licet %s fails with 1 if its output cannot be written, and says so',
  async (command) => {
    const full = { cwd: sandbox.path, shell: 'exec >/dev/full;' }
    const { code, stderr } = await runLicet(full, command.split(' '))
    expect(stderr).toStartWith('The output could not be written: ENOSPC')
    expect(code).toBe(1)
  },
)
