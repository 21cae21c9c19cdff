import { Database } from 'bun:sqlite'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIds, randomBytes } from '~/deps.ts'
import { generateKey } from '~/domain/keys.ts'
import { parseMasterSecret } from '~/platform/config-values.ts'
import { createVault } from '~/platform/vault.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { createHandWrittenDatabase } from './hand-written-database.ts'
import { startLicet } from './servers.ts'

const KEY_PREFIX = 'TO'
const KEY_RANDOM_BYTES = 9
const TERMS = {
  plan: 'bench',
  expiresAt: '2099-01-01T00:00:00Z',
  features: { sso: true, projects: 10 },
}

/** The activated domain of every license. */
export const DOMAIN = 'customer.com'

/** Returns the fingerprint of the nth device of a license. */
export const deviceOf = (index: number) => `device-${index}`

interface Keys {
  readonly keys: readonly string[]
  /** The key of a license with one device. */
  readonly oneDeviceKey: string
  /** The key of a license with as many devices as there are licenses. */
  readonly manyDevicesKey: string
}

/** The data of one run: a copy of the seeded data, which the run may change. */
export interface Workspace extends Keys, Disposable {
  readonly licetDirectory: string
  readonly handWrittenPath: string
  readonly logPath: string
}

/** Opens a copy of the seeded data, which is created once per license count, schema and seed code. */
export async function openWorkspace(licenses: number): Promise<Workspace> {
  const shape = JSON.stringify([licenses, migrations, readFileSync(import.meta.path, 'utf8')])
  const seeded = join(tmpdir(), `licet-bench-${Bun.hash(shape).toString(36)}`)
  if (!existsSync(seeded)) {
    const unfinished = mkdtempSync(join(tmpdir(), 'licet-bench-seeding-'))
    await seed(unfinished, licenses)
    renameSync(unfinished, seeded)
  }
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-run-'))
  cpSync(seeded, directory, { recursive: true })
  const keys: Keys = await Bun.file(join(directory, 'keys.json')).json()
  return {
    ...keys,
    licetDirectory: join(directory, 'licet'),
    handWrittenPath: join(directory, 'hand-written.sqlite'),
    logPath: join(directory, 'licet.log'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

async function seed(directory: string, licenses: number): Promise<void> {
  const licetDirectory = join(directory, 'licet')
  mkdirSync(licetDirectory)
  const originals = await createOriginals(licetDirectory)
  const keys = copyLicenses(licetDirectory, originals, licenses)
  createHandWrittenDatabase(join(directory, 'hand-written.sqlite'), {
    ...TERMS,
    domain: DOMAIN,
    keys,
  })
  const { oneDeviceKey, manyDevicesKey } = originals
  const written: Keys = { keys, oneDeviceKey, manyDevicesKey }
  await Bun.write(join(directory, 'keys.json'), JSON.stringify(written))
}

type Originals = Awaited<ReturnType<typeof createOriginals>>

/** Creates three licenses and validates each once, so that later validations write no activation. */
async function createOriginals(directory: string) {
  await using licet = await startLicet(directory, '/dev/null')
  const { plan, expiresAt, features } = TERMS
  await licet.post('/api/v1/plans', { slug: plan, product: 'default', name: 'Bench', features })
  const order = { plan, customer_email: 'buyer@customer.com', expires_at: expiresAt }
  const createLicense = async () => {
    const { key } = (await licet.post('/api/v1/licenses', order)) as { key: string }
    return key
  }
  const [domainKey, oneDeviceKey, manyDevicesKey] = [
    await createLicense(),
    await createLicense(),
    await createLicense(),
  ]
  await licet.post('/api/v1/validate', { key: domainKey, domain: DOMAIN })
  await licet.post('/api/v1/validate', { key: oneDeviceKey, fingerprint: deviceOf(0) })
  await licet.post('/api/v1/validate', { key: manyDevicesKey, fingerprint: deviceOf(0) })
  return { domainKey, oneDeviceKey, manyDevicesKey }
}

type Row = Record<string, string | number | null>

/** Copies rows in SQL, because 100,000 licenses and devices over the API would take minutes. */
function copyLicenses(directory: string, originals: Originals, count: number): string[] {
  const secret = readFileSync(join(directory, 'master.secret'), 'utf8').trim()
  const vault = createVault(parseMasterSecret(secret))
  const createId = createIds({ nowMs: Date.now })
  const db = new Database(join(directory, 'licet.sqlite'), { strict: true })

  const find = (table: string, column: string, value: string): Row => {
    const row = db.query<Row, [string]>(`SELECT * FROM ${table} WHERE ${column} = ?`).get(value)
    if (row === null) throw new Error(`The row was not found in ${table}.`)
    return row
  }
  const insert = (table: string, row: Row) => {
    const names = Object.keys(row)
    const parameters = names.map((name) => `$${name}`)
    db.query(`INSERT INTO ${table} (${names}) VALUES (${parameters})`).run(row)
  }

  const licenseOf = (key: string) => find('licenses', 'key_hash', vault.hashKey(key))
  const activationOf = (license: Row) => find('activations', 'license_id', String(license.id))
  const license = licenseOf(originals.domainKey)
  const domain = activationOf(license)
  const manyDevices = licenseOf(originals.manyDevicesKey)
  const device = activationOf(manyDevices)

  const copyOne = (index: number): string => {
    const key = generateKey(KEY_PREFIX, randomBytes(KEY_RANDOM_BYTES))
    const id = createId('lic')
    insert('licenses', { ...license, id, key_hash: vault.hashKey(key) })
    insert('activations', { ...domain, id: createId('act'), license_id: id })
    insert('activations', { ...device, id: createId('act'), value: deviceOf(index + 1) })
    return key
  }
  const copyAll = db.transaction(() => {
    const keys = Array.from({ length: count }, (_, index) => copyOne(index))
    db.query('UPDATE licenses SET devices_used = devices_used + ? WHERE id = ?').run(
      count,
      String(manyDevices.id),
    )
    return keys
  })
  const keys = copyAll()
  db.close()
  return keys
}
