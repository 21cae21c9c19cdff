import { rmSync } from 'node:fs'
import { pino } from 'pino'
import { assert } from '~/assert.ts'
import { createIds, type Deps, randomBytes } from '~/deps.ts'
import { getMailDomain } from '~/domain/emails.ts'
import { createJobBoard } from '~/jobs/board.ts'
import { createSmtp } from '~/mail/smtp.ts'
import {
  type CheckoutSecrets,
  type Config,
  type Environment,
  readConfig,
} from '~/platform/config.ts'
import type { SmtpSettings } from '~/platform/config-mail.ts'
import { openCountries } from '~/platform/countries.ts'
import { findLastBackup } from '~/platform/last-backup.ts'
import { createMetrics } from '~/platform/metrics.ts'
import { createRequestLog } from '~/platform/request-log.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import { createVault } from '~/platform/vault.ts'
import { createBackups } from '~/server/backups.ts'
import { createDefaultProduct } from '~/server/bootstrap.ts'
import { notifySharing } from '~/server/notify-sharing.ts'
import { createSigner } from '~/signing/signer.ts'
import { createCachedStore } from '~/store/cache.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { openSqliteStore } from '~/store/sqlite/open.ts'
import { openUsage } from '~/usage/open.ts'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost } from '~/webhooks/http-post.ts'
import { presentEventData } from '~/wire/events.ts'
import { FixedClock } from './clock.ts'
import { createMigratedFiles } from './database.ts'
import { createScratchDirectory } from './scratch.ts'

/** The old and the new secret of each provider, as during a rotation. */
export const testCheckoutSecrets: CheckoutSecrets = {
  signing: {
    stripe: ['whsec_old-secret-of-stripe', 'whsec_new-secret-of-stripe'],
    paddle: ['old-secret-of-paddle', 'new-secret-of-paddle'],
    lemonsqueezy: ['old-secret-of-lemonsqueezy', 'new-secret-of-lemonsqueezy'],
    polar: ['old-secret-of-polar', 'new-secret-of-polar'],
    standard: ['whsec_b2xkIHNlY3JldCBvZiBhIHNob3A=', 'new-secret-of-a-shop'],
  },
  apiKeys: { stripe: null, paddle: null },
}

export interface TestDeps extends AsyncDisposable {
  readonly deps: Deps
  readonly clock: FixedClock
  /** The data directory. When closed, its contents are checked and it is deleted. */
  readonly directory: string
  readonly logLines: string[]
  close(): Promise<void>
}

/**
 * Opens real dependencies except the clock, with a new database and the default product. `env` sets
 * variables, of which `config` and `smtp` replace some.
 */
export async function openTestDeps(
  config: Partial<Config> = {},
  smtp: SmtpSettings | null = null,
  env: Environment = {},
): Promise<TestDeps> {
  const directory = createScratchDirectory()
  createMigratedFiles(directory)
  const clock = new FixedClock()
  const createId = createIds(clock)
  const vault = createVault(new Uint8Array(32).fill(7))
  const logLines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line) => void logLines.push(line) })
  const onError = (error: unknown) => log.error({ err: error }, 'background write failed')
  const sqlite = openSqliteStore({
    directory,
    secretCheck: vault.check,
    mailDomain: config.mailFrom ? getMailDomain(config.mailFrom.address) : null,
    createId,
    renderEvent: presentEventData,
    readCounters: (licenseIds) => usage.readCounters(licenseIds),
    clock,
    isLocked: true,
    onError,
  })
  const store = createCachedStore(sqlite, { licensesMax: 1000, ttlMs: 300_000 })
  const usage = openUsage({
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
    beforeMigrating: () => undefined,
    onSharing: (signals) => notifySharing(store, signals),
    onError,
    onDropped: () => log.error('a validation was dropped'),
  })
  // Receivers in tests listen on the loopback address, over plain http.
  const addressGuard = createAddressGuard(['127.0.0.0/8'])
  const settings = readConfig({ ...env, LICET_DATA_DIR: directory }, false)
  const backups = createBackups({
    dataDir: directory,
    backupsKept: config.backupsKept ?? settings.config.backupsKept,
    secretCheck: vault.check,
    isLocked: true,
    flush: usage.flush,
    log,
  })
  const mailServer = smtp ?? settings.secrets.smtp
  const deps: Deps = {
    config: { ...settings.config, ...config },
    variables: settings.variables,
    unknownVariables: settings.unknown,
    findLastBackup: () => findLastBackup(directory),
    measureStorage: () => measureStorage(directory),
    store,
    usage,
    backups,
    jobs: createJobBoard(),
    vault,
    signer: createSigner({
      store,
      vault,
      randomBytes,
      publicUrl: config.publicUrl ?? null,
      onError,
    }),
    checkoutSecrets: testCheckoutSecrets,
    checkoutApis: {},
    clock,
    randomBytes,
    createId,
    log,
    logRequest: createRequestLog(log),
    metrics: createMetrics(),
    post: createPost({ guard: addressGuard }),
    sendMail: mailServer && createSmtp(mailServer),
    addressGuard,
    findCountry: openCountries(config.geoipDbPath ?? null),
    random: () => 0.5,
    instanceId: 'test',
    version: 'test',
    schema: 'test',
  }
  await createDefaultProduct(deps)
  await deps.signer.prepare(clock.nowMs())
  async function close(): Promise<void> {
    await backups.close()
    await usage.close()
    await store.close()
    const problem = firstProblem(inspectDatabase(databasePath(directory), vault.check, 'rows'))
    assert(problem === null, `what the tests have written is consistent: ${problem}`)
    rmSync(directory, { recursive: true })
  }

  return { deps, clock, directory, logLines, close, [Symbol.asyncDispose]: close }
}
