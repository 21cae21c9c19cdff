import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isEncryptedName } from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'
import { findMasterSecret } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import { toSecretState } from '~/server/rotation/state.ts'
import { formatFingerprint } from '~/store/shared/secret-check.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { requireNewPath } from './new-file.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { rotateSecret } from './secret-rotation.ts'
import { formatSheet } from './secret-sheet.ts'

const rotateHelp = `
Servers keep running. Everything is hashed and encrypted again, and then the former secret is refused.
If this is stopped at any time, run it again, or start a server: it continues.

If the secret comes from a variable, create the next one with --to, and give it to the servers: they accept
both until the rotation is finished, and then only the next one. See docs/master-secret.md.`

export const addSecret: AddCommand = (program, readSettings) => {
  const secret = program
    .command('secret')
    .description('check, keep and replace the master secret, which encrypts all stored secrets')
  secret
    .command('check')
    .description(
      'say whether the master secret belongs to the database, and whether a rotation is under way',
    )
    .argument('[backup]', 'a file created by licet backup (default: the database)')
    .action((backup: string | undefined) => check(readSettings(), backup))
  secret
    .command('rotate')
    .description('replace the master secret, such as after a leak')
    .option('--to <file>', 'the file with the next secret; it is created if there is none')
    .addHelpText('after', rotateHelp)
    .action(({ to }: { to?: string }) => rotateSecret(readSettings(), to && resolve(to)))
  secret
    .command('escrow')
    .description(
      'print what to keep in a safe place, and how to recover when everything else is gone',
    )
    .option('--with-secret', 'also write the secret itself, to a terminal or to --out')
    .option('--out <file>', 'write a file that only you can read; it must not exist yet')
    .action((options: { withSecret?: true; out?: string }) => escrow(readSettings(), options))
}

async function check(settings: Settings, backup: string | undefined): Promise<void> {
  const fingerprint = formatFingerprint(requireCheck(settings))
  if (backup !== undefined) {
    const path = resolve(backup)
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new Fault('not_found', `There is no file ${path}.`)
    }
    if (isEncryptedName(path)) {
      const detail = `${path} is encrypted. Run licet check with it: that compares the master secret too.`
      throw new Fault('invalid_request', detail)
    }
    const problem = firstProblem(inspectDatabase(path, requireCheck(settings), 'use'))
    if (problem !== null) throw new Fault('unavailable', `${path}: ${problem}`)
    printLine(`The master secret (fingerprint ${fingerprint}) belongs to ${path}.`)
    return
  }
  await withRuntime(settings, async ({ store }) => {
    const { check: current, rotation } = toSecretState(await store.secrets.read())
    printLine(`The master secret (fingerprint ${fingerprint}) belongs to the database.`)
    if (rotation === null) printLine('It is not being replaced.')
    else {
      const [from, to] = [current, rotation.nextCheck].map(formatFingerprint)
      printLine(`It is being replaced: ${from} by ${to}. To continue, run licet secret rotate.`)
    }
  })
}

function requireCheck({ config, secrets }: Settings): string {
  return createVault(requireSecretOf({ config, secrets })).check
}

function requireSecretOf({ config, secrets }: Pick<Settings, 'config' | 'secrets'>): Uint8Array {
  const secret = findMasterSecret(secrets, config.dataDir)
  if (secret !== null) return secret
  const detail = `There is no master secret in ${config.dataDir}, nor in LICET_MASTER_SECRET, LICET_MASTER_SECRET_FILE or LICET_MASTER_SECRET_COMMAND.`
  throw new Fault('not_found', detail)
}

function escrow(
  settings: Settings,
  { withSecret, out }: { withSecret?: true; out?: string },
): void {
  const secret = requireSecretOf(settings)
  const path = out === undefined ? null : resolve(out)
  if (withSecret && path === null && process.stdout.isTTY !== true) {
    const detail =
      'The secret is written only to a terminal. To write it to a file, use --out FILE.'
    throw new Fault('invalid_request', detail)
  }
  const { dataDir, database } = settings.config
  const sheet = formatSheet({
    check: createVault(secret).check,
    secret: withSecret ? Buffer.from(secret).toString('base64') : null,
    place: database === null ? dataDir : `the database ${database.name} at ${database.host}`,
    isDirectory: database === null,
  })
  if (path === null) printLine(sheet)
  else {
    requireNewPath(path)
    writePrivateFile(path, `${sheet}\n`)
    printLine(`Wrote ${path}.`)
  }
}
