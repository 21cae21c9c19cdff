import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DAY_MS } from '~/domain/times.ts'
import { startLicet } from '../bench/servers.ts'
import { writeDemo } from './demo/write.ts'
import { type SeededLicense, writeUsage } from './seed-usage.ts'

// Like those of a server, the files are readable by their owner only.
process.umask(0o077)

const help = `Creates a data directory with licenses and usage history that ends today.

  scripts/seed DIRECTORY

  --licenses N     number of licenses (10000; 300 for a demo)
  --validations N  number of validations (10000000)
  --days N         days of history (90)
  --demo           writes a realistic history of 300 days instead: products, customers, operators,
                   purchases, webhooks and emails. It sends nothing
  --seed N         makes another demo (1)`

const QUANTITY_MAX = 1000
const PLANS = ['starter', 'professional', 'enterprise']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    licenses: { type: 'string' },
    demo: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    validations: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '90' },
    help: { type: 'boolean', default: false },
  },
})
const [path] = positionals

if (values.help || path === undefined) console.log(help)
else {
  const directory = resolve(path)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (values.demo) {
    const licenses = Number(values.licenses ?? 300)
    await writeDemo(directory, { licenses, seed: Number(values.seed), endsAtMs: Date.now() })
    console.log(`Start it with: LICET_DATA_DIR=${directory} scripts/start
Then sign in with: LICET_DATA_DIR=${directory} scripts/start login --name 'Mara Lindqvist'`)
  } else {
    const licenses = await createLicenses(directory, Number(values.licenses ?? 10_000))
    writeUsage(directory, licenses, {
      validations: Number(values.validations),
      days: Number(values.days),
      endsAtMs: Math.floor(Date.now() / DAY_MS) * DAY_MS,
    })
  }
}

/** Creates licenses through the API, so that they have events. */
async function createLicenses(directory: string, count: number): Promise<SeededLicense[]> {
  await using licet = await startLicet(directory, '/dev/null')
  const licenses: SeededLicense[] = []
  for (let index = 0; licenses.length < count; index += 1) {
    const plan = PLANS[index % PLANS.length] ?? ''
    const quantity = Math.min(QUANTITY_MAX, count - licenses.length)
    const order = { plan, customer_email: `buyer${index}@customer.com`, quantity }
    const { data } = (await licet.post('/api/v1/licenses', order)) as { data: { id: string }[] }
    licenses.push(...data.map(({ id }) => ({ id, plan })))
  }
  return licenses
}
