import { type License, LicetProblem } from 'licet/admin'
import { assertEqual, createCheck } from './checks.ts'
import { admin, url } from './live-setup.ts'

const runtime = process.argv[2] ?? ''
const check = createCheck(console.log, runtime)
const product = `admin-${runtime.toLowerCase()}`
const order = { plan: `${product}-pro`, customer_email: 'dev@example.com' }

async function findProblem(call: Promise<unknown>): Promise<LicetProblem> {
  const error = await call.then(
    () => new Error('There is no error.'),
    (reason: unknown) => reason,
  )
  if (error instanceof LicetProblem) return error
  throw error
}

await check('admin: creates a product, and a plan that is changed', async () => {
  await admin.products.create({ slug: product, name: 'Editor', key_prefix: runtime.toUpperCase() })
  await admin.plans.create({ slug: order.plan, product, name: 'Pro', max_devices: 2 })
  assertEqual((await admin.products.get(product)).name, 'Editor')
  assertEqual((await admin.products.update(product, { name: 'The Editor' })).name, 'The Editor')
  assertEqual((await admin.plans.update(order.plan, { max_devices: 3 })).max_devices, 3)
  const slugs: string[] = []
  for await (const plan of admin.plans.list({ limit: 1 })) slugs.push(plan.slug)
  assertEqual(slugs.includes(order.plan), true)
})

await check('admin: the same Idempotency-Key issues one license', async () => {
  const options = { idempotencyKey: `order-1001-${runtime}` }
  const first = await admin.licenses.create(order, options)
  assertEqual((await admin.licenses.create(order, options)).id, first.id)
  const other = { ...order, customer_email: 'other@example.com' }
  const problem = await findProblem(admin.licenses.create(other, options))
  assertEqual([problem.status, problem.code], [422, 'idempotency_mismatch'])
})

await check('admin: a list yields each license once, over several pages', async () => {
  const created = await admin.licenses.createMany({ ...order, quantity: 6 })
  const ids = new Set<string>()
  for await (const license of admin.licenses.list({ product, limit: 3 })) ids.add(license.id)
  assertEqual(ids.size, 7)
  assertEqual(
    created.data.every(({ id }) => ids.has(id)),
    true,
  )
  const page = await admin.licenses.list({ product, limit: 3 }).page()
  assertEqual([page.data.length, page.next_cursor !== null], [3, true])
})

await check('admin: a license lives from its first key to its end', async () => {
  const { id, key } = await admin.licenses.create(order)
  assertEqual((await admin.licenses.lookup(key.toLowerCase())).id, id)
  assertEqual((await admin.licenses.suspend(id, { reason: 'payment failed' })).status, 'suspended')
  assertEqual((await admin.licenses.reinstate(id)).status, 'active')
  const expiry = '2099-01-01T00:00:00Z'
  assertEqual((await admin.licenses.update(id, { expires_at: expiry })).expires_at, expiry)
  const renewed = await admin.licenses.renew(id, { days: 10 })
  assertEqual(renewed.expires_at, '2099-01-11T00:00:00Z')
  const rotated = await admin.licenses.rotateKey(id)
  assertEqual([rotated.id, rotated.key === key], [id, false])
  assertEqual((await admin.licenses.revoke(id)).status, 'revoked')
  const types: string[] = []
  for await (const event of admin.licenses.events(id, { limit: 2 })) types.push(event.type)
  assertEqual(types.at(0), 'license.revoked')
  assertEqual(types.at(-1), 'license.created')
})

await check('admin: a change of an outdated version is refused', async () => {
  const { id, version } = await admin.licenses.create(order)
  const changed = await admin.licenses.update(id, { customer_name: 'Ada' }, { ifMatch: version })
  const late = admin.licenses.update(id, { customer_name: 'Eve' }, { ifMatch: version })
  assertEqual((await findProblem(late)).status, 412)
  assertEqual((await admin.licenses.get(id)).version, changed.version)
})

await check('admin: shows and frees the devices of a license, and its validations', async () => {
  const { id, key } = await admin.licenses.create(order)
  const body = JSON.stringify({ key, fingerprint: 'fingerprint-of-a-test' })
  const headers = { 'content-type': 'application/json' }
  await fetch(`${url}/api/v1/validate`, { method: 'POST', headers, body })
  const [activation] = (await admin.licenses.activations(id).page()).data
  assertEqual(activation?.value, 'fingerprint-of-a-test')
  const usage = await admin.licenses.usage(id).page()
  assertEqual([usage.summary.valid, usage.data[0]?.valid], [1, true])
  await admin.licenses.deleteActivation(id, activation?.id ?? '')
  assertEqual((await admin.licenses.activations(id).page()).data, [])
  assertEqual((await admin.licenses.explain(id)).valid, true)
})

await check('admin: issues a license file for a device', async () => {
  const { id } = await admin.licenses.create(order)
  const issued = await admin.licenses.createFile(id, { fingerprint: 'fingerprint-of-a-test' })
  assertEqual(issued.file.startsWith('-----BEGIN LICET LICENSE-----'), true)
  const files = await admin.licenses.files(id).page()
  assertEqual(
    files.data.map((file) => file.id),
    [issued.id],
  )
})

await check('admin: manages the endpoints of webhooks', async () => {
  const created = await admin.webhooks.create({ url: 'https://hooks.example.com', events: ['*'] })
  assertEqual(created.secret?.startsWith('whsec_'), true)
  const rotated = await admin.webhooks.rotateSecret(created.id)
  assertEqual([rotated.id, rotated.secret === created.secret], [created.id, false])
  assertEqual((await admin.webhooks.update(created.id, { enabled: false })).enabled, false)
  assertEqual(await admin.webhooks.delete(created.id), undefined)
  assertEqual((await findProblem(admin.webhooks.get(created.id))).code, 'not_found')
})

await check('admin: events are read on from the last one that was seen', async () => {
  const last = (await admin.events.list({ limit: 1 }).page()).data[0]
  const created: License[] = [
    await admin.licenses.create(order),
    await admin.licenses.create(order),
  ]
  const seen: (string | null)[] = []
  for await (const event of admin.events.list({ after: last?.id ?? '', limit: 1 })) {
    seen.push(event.license_id)
  }
  assertEqual(
    seen,
    created.map(({ id }) => id),
  )
})

await check('admin: request reaches a route without a method', async () => {
  const mails = await admin.request<{ data: unknown[] }>('GET', '/api/v1/mails', undefined, {
    query: { limit: 1 },
  })
  assertEqual(mails.data, [])
})

await check('admin: a problem names the invalid field and the request', async () => {
  const problem = await findProblem(admin.licenses.create({ ...order, plan: 'none' }))
  assertEqual([problem.status, problem.code], [422, 'validation_failed'])
  assertEqual(problem.errors[0]?.pointer, '/plan')
  assertEqual(typeof problem.requestId, 'string')
})
