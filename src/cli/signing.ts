import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import {
  decideExport,
  decideImport,
  decideKeyRevocation,
  decideRotation,
  findKey,
  requireNext,
  type SigningKey,
  type SigningKeyDecision,
} from '~/domain/signing-keys.ts'
import type { Settings } from '~/platform/config.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'
import { formatPrivateKey, parsePrivateKey } from '~/signing/keys.ts'
import { openSeed, sealSeed } from '~/signing/signer.ts'
import { requireNewPath } from './new-file.ts'
import { parsePastTime } from './options.ts'
import { printJson, printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { presentSigningKey, toKeyRows } from './signing-output.ts'

type ReadSettings = () => Settings

const sinceHelp = `
Once an app has the revocation feed, all tokens of the key are void. With --since, those that were
issued earlier remain valid. But a thief who has the key can put any time into a token.`

export const addSigning: AddCommand = (program, readSettings) => {
  const signing = program
    .command('signing')
    .description('manage the keys that sign leases, license files and responses')
  signing
    .command('keys')
    .description('list the keys; your app pins the active and the next public key')
    .option('--json', 'print JSON instead of a table')
    .action(async ({ json }: { json?: true }) => {
      const keys = await withKeys(readSettings(), ({ store }) => store.signingKeys.list())
      if (json) printJson(keys.map(presentSigningKey))
      else printTable(toKeyRows(keys))
    })
  signing
    .command('rotate')
    .description('let the next key sign from now on, and create a new next key')
    .action(async () => {
      const keys = await withKeys(readSettings(), (deps) =>
        change(deps, (current, nowMs) => decideRotation(current, deps.signer.createKeyPair, nowMs)),
      )
      printLine(`${findKey(keys, 'active')?.kid} signs now. Tokens of the former key remain valid.`)
      printNext(keys)
    })
  addRevoke(signing, readSettings)
  addExport(signing, readSettings)
  addImport(signing, readSettings)
}

function addRevoke(signing: Command, readSettings: ReadSettings): void {
  signing
    .command('revoke')
    .description('make the tokens of a stolen key void, and replace it if it is active or next')
    .argument('<kid>', 'the ID of the key, as shown by licet signing keys')
    .option(
      '--since <time>',
      'keep tokens that were issued before this time, such as 2027-03-06T00:00:00Z',
      parsePastTime,
    )
    .addHelpText('after', sinceHelp)
    .action(async (kid: string, { since: sinceMs = 0 }: { since?: number }) => {
      const { former, keys } = await withKeys(readSettings(), async (deps) => ({
        former: await deps.store.signingKeys.list(),
        keys: await change(deps, (current, nowMs) =>
          decideKeyRevocation(current, { kid, sinceMs }, deps.signer.createKeyPair, nowMs),
        ),
      }))
      printLine(`Revoked ${kid}. ${findKey(keys, 'active')?.kid} signs now.`)
      if (findKey(keys, 'next')?.kid !== findKey(former, 'next')?.kid) printNext(keys)
    })
}

function addExport(signing: Command, readSettings: ReadSettings): void {
  signing
    .command('export-next')
    .description('write the private key of the next key to a file, to keep it in a safe place')
    .argument('<file>', 'the file to create (PEM); it must not exist yet')
    .option('--delete', 'delete it from the database: import it again before the next rotation')
    .action(async (file: string, { delete: isDeleted = false }: { delete?: boolean }) => {
      const path = resolve(file)
      const kid = await withKeys(readSettings(), (deps) => exportNext(deps, path, isDeleted))
      printLine(`Wrote the private key of ${kid} to ${path}. Keep it secret: it can sign licenses.`)
    })
}

function addImport(signing: Command, readSettings: ReadSettings): void {
  signing
    .command('import-next')
    .description('put the private key of the next key back into the database')
    .argument('<file>', 'the file that licet signing export-next has written')
    .action(async (file: string) => {
      const seed = parsePrivateKey(readFileSync(resolve(file), 'utf8'))
      const kid = await withKeys(readSettings(), async (deps) => {
        const pair = sealSeed(deps.vault, seed)
        await change(deps, (keys) => decideImport(keys, pair))
        return pair.kid
      })
      printLine(`Imported the private key of ${kid}, which can sign after the next rotation.`)
    })
}

/** Opens the database, and creates the keys of one that was never served. */
function withKeys<Result>(
  settings: Settings,
  work: (deps: Deps) => Promise<Result>,
): Promise<Result> {
  return withRuntime(settings, async (deps) => {
    await deps.signer.prepare(deps.clock.nowMs())
    return work(deps)
  })
}

function change(
  { store, clock }: Deps,
  decide: (keys: readonly SigningKey[], nowMs: number) => SigningKeyDecision,
): Promise<readonly SigningKey[]> {
  const nowMs = clock.nowMs()
  return store.signingKeys.change(buildOwnContext(shellActor, nowMs), (keys) => decide(keys, nowMs))
}

/** Writes the file before the key is deleted, so that a crash leaves both. Returns the ID of the key. */
async function exportNext(deps: Deps, path: string, isDeleted: boolean): Promise<string> {
  requireNewPath(path)
  const { kid, seedSealed } = requireNext(await deps.store.signingKeys.list())
  if (seedSealed === null) {
    throw new Fault('not_found', `The private key of ${kid} was exported and deleted before.`)
  }
  writePrivateFile(path, formatPrivateKey(openSeed(deps.vault, seedSealed)))
  await change(deps, (keys) => decideExport(keys, kid, isDeleted))
  return kid
}

function printNext(keys: readonly SigningKey[]): void {
  const next = findKey(keys, 'next')
  printLine(`Pin the new next key in your app as well: ${next?.publicKey}`)
}
