import { assertEqual, check, url } from '../checks.ts'
import { assertMembers, createLicense, expire, manage, suspend } from '../vendor.ts'

/** Runs the commands of https://gumroad.com/api#licenses, which has no client but `curl`. */

declare const Bun: {
  spawn(command: readonly string[]): { readonly stdout: ReadableStream<Uint8Array> }
}

const PRODUCT = '32-nPAicqbLj8B_WswVlMw=='

interface Verified {
  readonly success: boolean
  readonly uses?: number
  readonly message?: string
  readonly purchase?: object
}

async function verify(key: string, ...more: readonly string[]): Promise<Verified> {
  const fields = ['-d', `product_id=${PRODUCT}`, '-d', `license_key=${key}`]
  const command = [
    'curl',
    '--silent',
    `${url}/v2/licenses/verify`,
    ...fields,
    ...more,
    '-X',
    'POST',
  ]
  const { stdout } = Bun.spawn(command)
  return new Response(stdout).json()
}

await check('compat gumroad: a plan has the ID of the product', async () => {
  const features = { gumroad_product_id: PRODUCT }
  await manage('POST', '/plans', { product: 'default', slug: 'pencil', name: 'Pencil', features })
})

await check('compat gumroad: curl verifies a license and counts its uses', async () => {
  const { key } = await createLicense({ plan: 'pencil' })
  const first = await verify(key)
  assertMembers(first, { success: true, uses: 1 })
  assertMembers(first.purchase, { product_id: PRODUCT, license_key: key, refunded: false })
  assertMembers(await verify(key, '-d', 'increment_uses_count=false'), { success: true, uses: 1 })
  assertMembers(await verify(key), { success: true, uses: 2 })
})

await check('compat gumroad: curl is refused for a suspended license', async () => {
  const license = await createLicense({ plan: 'pencil' })
  await suspend(license)
  const message = 'This license key has been disabled.'
  assertEqual(await verify(license.key), { success: false, message })
})

await check('compat gumroad: curl is refused for an expired license', async () => {
  const license = await createLicense({ plan: 'pencil' })
  await expire(license)
  const message = 'Access to the purchase associated with this license has expired.'
  assertEqual(await verify(license.key), { success: false, message })
})

await check(
  'compat gumroad: curl is refused for an unknown key, and for another product',
  async () => {
    const message = 'That license does not exist for the provided product.'
    const { key } = await createLicense({ plan: 'pencil' })
    assertEqual(await verify('85DB562A-C11D4B06-A2335A6B-8C079166'), { success: false, message })
    assertEqual(await verify(key, '-d', 'product_id=other=='), { success: false, message })
  },
)
