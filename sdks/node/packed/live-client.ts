import { Licet, LicetProblem, type State } from 'licet'
import { assertEqual, createCheck } from './checks.ts'
import { admin, createPlan, createTarget, issue, listPublicKeys, url } from './live-setup.ts'
import { checkOnline } from './online-checks.ts'

const runtime = process.argv[2] ?? ''
const check = createCheck(console.log, runtime)

await checkOnline(check, (options) => new Licet(options), await createTarget(`${runtime}online`))

const plan = await createPlan(`${runtime}client`)
const publicKeys = await listPublicKeys()

/** Returns a client on a device of its own, which remembers nothing. */
function startDevice(key: string | null, device: string, server = url) {
  const records = new Map<string, string>()
  const store = {
    get: (name: string) => records.get(name) ?? null,
    put: (name: string, text: string) => void records.set(name, text),
    delete: (name: string) => void records.delete(name),
  }
  const licet = new Licet({ url: server, appId: 'live-client', key, publicKeys, store })
  return { licet, fingerprint: `${runtime}-${device}` }
}

async function findCode(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('There is no error.'),
    (reason: unknown) => reason,
  )
  if (error instanceof LicetProblem) return error.code
  throw error
}

const summarize = ({ status, source, code }: State) => [status, source, code ?? null]

await check('devices are activated up to the limit, and deactivated', async () => {
  const { key, id } = await issue(plan)
  const [first, second, third] = ['first', 'second', 'third'].map((name) => startDevice(key, name))
  if (!first || !second || !third) throw new Error('There are three devices.')
  const activation = await first.licet.activate({ ...first, name: 'A laptop' })
  assertEqual([activation.kind, activation.value], ['device', first.fingerprint])
  assertEqual((await first.licet.activate(first)).id, activation.id)
  await second.licet.activate(second)
  assertEqual(await findCode(third.licet.activate(third)), 'DEVICE_LIMIT_REACHED')
  await first.licet.deactivate(first)
  await third.licet.activate(third)
  assertEqual((await admin.licenses.get(id)).devices, 2)
})

await check('a validation asks the server each time, and returns a refusal', async () => {
  const { key, id } = await issue(plan)
  const { licet, fingerprint } = startDevice(key, 'validating')
  const valid = await licet.validate({ fingerprint })
  assertEqual([valid.valid, valid.valid && valid.license.plan], [true, plan])
  await admin.licenses.suspend(id)
  const refused = await licet.validate({ fingerprint })
  assertEqual([refused.valid, !refused.valid && refused.error], [false, 'LICENSE_SUSPENDED'])
  assertEqual((await licet.check({ fingerprint })).allowed, false)
  await admin.licenses.reinstate(id)
  assertEqual((await licet.check({ fingerprint, fresh: true })).status, 'licensed')
})

await check('a floating seat is used by one device at a time', async () => {
  const { key } = await issue(plan)
  const [one, other] = [startDevice(key, 'one'), startDevice(key, 'other')]
  const hold = await one.licet.seats.hold(one)
  assertEqual(await findCode(other.licet.seats.acquire(other)), 'SEAT_LIMIT_REACHED')
  await hold.release()
  const seat = await other.licet.seats.acquire(other)
  assertEqual((await other.licet.seats.renew(seat.id)).id, seat.id)
  await other.licet.seats.release(seat.id)
})

await check(
  'a license file works on its device without any server, until it is returned',
  async () => {
    const { key, id } = await issue(plan)
    const { licet, fingerprint } = startDevice(key, 'island', 'http://127.0.0.1:9')
    const { file } = await admin.licenses.createFile(id, { fingerprint })
    const state = await licet.importFile(file, { fingerprint })
    assertEqual(summarize(state), ['licensed', 'file', null])
    assertEqual(summarize(await licet.check({ fingerprint })), ['licensed', 'file', null])
    const elsewhere = await Licet.verify(file, publicKeys, { fingerprint: 'another-device' })
    assertEqual([elsewhere.status, elsewhere.code], ['unknown', 'FINGERPRINT_MISMATCH'])
    const code = await licet.returnFile({ fingerprint })
    await admin.request('POST', '/api/v1/offline/deactivate', { key, code })
    assertEqual((await admin.licenses.get(id)).devices, 0)
    assertEqual((await licet.check({ fingerprint })).allowed, false)
  },
)

await check(
  'a request code from a device without a connection yields its license file',
  async () => {
    const { key } = await issue(plan)
    const { licet, fingerprint } = startDevice(key, 'air-gap', 'http://127.0.0.1:9')
    const { code: request } = await licet.createOfflineRequest({ fingerprint, name: 'A press' })
    const path = '/api/v1/offline/activate'
    const { file } = await admin.request<{ file: string }>('POST', path, { request })
    assertEqual(summarize(await licet.importFile(file, { fingerprint })), [
      'licensed',
      'file',
      null,
    ])
  },
)

await check('a revocation reaches a device without a connection by an imported feed', async () => {
  const { key, id } = await issue(plan)
  const { licet, fingerprint } = startDevice(key, 'revoked', 'http://127.0.0.1:9')
  const { file } = await admin.licenses.createFile(id, { fingerprint })
  await licet.importFile(file, { fingerprint })
  await admin.licenses.revoke(id)
  const query = { format: 'file' }
  const feed = await admin.request<string>('GET', '/api/v1/revocations', undefined, { query })
  const state = await licet.importRevocations(feed, { fingerprint })
  assertEqual([state.status, state.code], ['refused', 'LICENSE_REVOKED'])
})
