import { rmSync } from 'node:fs'
import { pino } from 'pino'
import { createIds, type Deps, randomBytes } from '~/deps.ts'
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
import { createMetrics } from '~/platform/metrics.ts'
import { createRequestLog } from '~/platform/request-log.ts'
import { createVault } from '~/platform/vault.ts'
import { createDefaultProduct } from '~/server/bootstrap.ts'
import type { Storage, StorageParts } from '~/server/storage.ts'
import { createSigner } from '~/signing/signer.ts'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost } from '~/webhooks/http-post.ts'
import { FixedClock } from './clock.ts'
import { createScratchDirectory } from './scratch.ts'
import { openTestStorage, type TestDatabase } from './storage.ts'

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
  readonly database: TestDatabase
  /** Opens the same database again, as another server does. */
  openAnother(): Promise<Storage>
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
  const clock = new FixedClock()
  const createId = createIds(clock)
  const vault = createVault(new Uint8Array(32).fill(7))
  const logLines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line) => void logLines.push(line) })
  const onError = (error: unknown) => log.error({ err: error }, 'background write failed')
  // Receivers in tests listen on the loopback address, over plain http.
  const addressGuard = createAddressGuard(['127.0.0.0/8'])
  const settings = readConfig({ ...env, LICET_DATA_DIR: directory }, false)
  const merged = { ...settings.config, ...config }
  const metrics = createMetrics()
  const parts: StorageParts = {
    settings: { ...settings, config: merged },
    ...{ vault, log, metrics, clock, createId, onError },
  }
  const { storage, database, openAnother, end } = await openTestStorage(parts)
  const { store, usage, backups } = storage
  const mailServer = smtp ?? settings.secrets.smtp
  const deps: Deps = {
    config: merged,
    variables: settings.variables,
    unknownVariables: settings.unknown,
    ...storage,
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
    keygenSeed: settings.secrets.keygenSeed,
    clock,
    randomBytes,
    createId,
    log,
    logRequest: createRequestLog(log),
    metrics,
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
    await end()
    rmSync(directory, { recursive: true })
  }

  const opened = { deps, clock, directory, logLines, database, openAnother, close }
  return { ...opened, [Symbol.asyncDispose]: close }
}
