import type { Random } from '../support/random.ts'
import { type Expected, expectCreated, expectedVerdict, soakPlan } from './expected.ts'
import { validate, type World } from './world.ts'

/** The activations that arrive at once, more than there are slots. */
const STORM = 6
const BATCH_MAX = 40
const BULK_MAX = 20
/** A client creates licenses as long as it has fewer. */
const ownMin: Readonly<Record<Profile, number>> = { faults: 40, steady: 250 }
/** A client forgets its oldest licenses, which nothing changes any more. */
const OWN_MAX = 400

/** The shares of operations. `faults` changes as much as it can; `steady` mostly validates, as apps do. */
export type Profile = 'faults' | 'steady'

interface Client {
  readonly world: World
  readonly random: Random
  readonly own: Expected[]
  nextKey(): string
}

type Operation = (client: Client, license: Expected) => Promise<void>

const operations: readonly { run: Operation; shares: Readonly<Record<Profile, number>> }[] = [
  { run: create, shares: { faults: 12, steady: 0 } },
  { run: validateOne, shares: { faults: 12, steady: 150 } },
  { run: validateOnDevice, shares: { faults: 12, steady: 10 } },
  { run: activate, shares: { faults: 8, steady: 6 } },
  { run: activateAtOnce, shares: { faults: 5, steady: 1 } },
  { run: deactivate, shares: { faults: 8, steady: 8 } },
  { run: acquireSeat, shares: { faults: 8, steady: 6 } },
  { run: releaseSeat, shares: { faults: 5, steady: 6 } },
  { run: rename, shares: { faults: 8, steady: 3 } },
  { run: suspend, shares: { faults: 5, steady: 2 } },
  { run: reinstate, shares: { faults: 8, steady: 4 } },
  { run: revoke, shares: { faults: 2, steady: 0 } },
  { run: renew, shares: { faults: 4, steady: 1 } },
  { run: rotateKey, shares: { faults: 4, steady: 1 } },
  { run: changeMany, shares: { faults: 6, steady: 0 } },
]

/** Uses licenses of its own, one request after the other, until the load is over. */
export async function runClient(
  world: World,
  name: string,
  profile: Profile,
  isOver: () => boolean,
): Promise<void> {
  let keys = 0
  const client: Client = {
    world,
    random: world.random.fork(name),
    own: [],
    nextKey: () => `${name}-${++keys}`,
  }
  const choices = operations.flatMap(({ run, shares }) => Array(shares[profile]).fill(run))
  while (!isOver()) {
    const license = client.random.pick(client.own)
    if (license === undefined || client.own.length < ownMin[profile]) await create(client)
    else if (!world.licenses.has(license.id)) removeOwn(client, license)
    else await client.random.pick<Operation>(choices)?.(client, license)
    if (client.own.length > OWN_MAX) client.own.splice(0, OWN_MAX / 2)
  }
}

const removeOwn = ({ own }: Client, license: Expected) => void own.splice(own.indexOf(license), 1)

async function create({ world, random, own, nextKey }: Client): Promise<void> {
  const quantity = 1 + random.below(BATCH_MAX)
  const expires_at = random.chance(0.3) ? '2099-01-01T00:00:00Z' : null
  await world.change('create', [], {
    method: 'POST',
    path: 'licenses',
    body: { plan: soakPlan.slug, customer_email: 'dev@example.com', quantity, expires_at },
    idempotencyKey: nextKey(),
    done: [201],
    apply: ({ body }) => {
      const created: Expected[] = body.data.map(expectCreated)
      own.push(...created)
      return created
    },
  })
}

function activateInModel(license: Expected): void {
  if (!license.isActivated) license.events.push('license.activated')
  license.isActivated = true
}

function addDevice(license: Expected, fingerprint: string): void {
  if (license.devices.has(fingerprint)) return
  license.devices.add(fingerprint)
  license.events.push('activation.created')
}

/** No answer may contradict what was acknowledged. */
async function validateOne({ world }: Client, license: Expected): Promise<void> {
  const isFirst = license.status === 'active' && !license.isActivated
  license.isPending = true
  const verdict = await validate(world, { key: license.key })
  if (verdict !== expectedVerdict(license)) {
    world.find('wrong', `${license.id} is ${license.status}, but a validation says ${verdict}`)
  } else if (isFirst) {
    activateInModel(license)
    world.touched.add(license)
    await world.ledger.append([{ change: 'validate', id: license.id }])
  }
  license.isPending = false
}

async function validateOnDevice({ world, random }: Client, license: Expected): Promise<void> {
  if (license.status !== 'active') return
  const fingerprint = `device-${random.below(6)}`
  const hasSlot = license.devices.has(fingerprint) || license.devices.size < soakPlan.max_devices
  const isNew = !license.devices.has(fingerprint)
  license.isPending = true
  const verdict = await validate(world, { key: license.key, fingerprint })
  if (verdict !== (hasSlot ? 'valid' : 'DEVICE_LIMIT_REACHED')) {
    world.find('wrong', `${license.id} on ${fingerprint}: ${verdict}`)
  } else if (hasSlot) {
    // A first validation and its device are two events of one commit.
    activateInModel(license)
    if (isNew) addDevice(license, fingerprint)
    world.touched.add(license)
    if (isNew) await world.ledger.append([{ change: 'device', id: license.id, fingerprint }])
  }
  license.isPending = false
}

async function activate(client: Client, license: Expected): Promise<void> {
  if (license.status !== 'active') return
  const fingerprint = `device-${client.random.below(6)}`
  const hasSlot = license.devices.has(fingerprint) || license.devices.size < soakPlan.max_devices
  await client.world.change('activate', [license], {
    method: 'POST',
    path: 'activate',
    body: { key: license.key, fingerprint },
    done: [hasSlot ? 200 : 409],
    apply: () => {
      if (hasSlot) addDevice(license, fingerprint)
      return hasSlot ? [license] : []
    },
  })
}

/** No more slots are granted than there are, however many requests arrive at once. */
async function activateAtOnce({ world, random }: Client, license: Expected): Promise<void> {
  if (license.status !== 'active') return
  const free = soakPlan.max_devices - license.devices.size
  const start = random.below(1_000_000)
  const granted: string[] = []
  license.isPending = true
  const requests = Array.from({ length: STORM }, async (_, index) => {
    const fingerprint = `storm-${start + index}`
    const body = { key: license.key, fingerprint }
    const { response } = await world.life.request({ method: 'POST', path: 'activate', body })
    if (response.status === 200) granted.push(fingerprint)
  })
  await Promise.all(requests)
  for (const fingerprint of granted) addDevice(license, fingerprint)
  if (granted.length !== Math.min(free, STORM)) {
    world.find('wrong', `${license.id}: ${granted.length} of ${free} free slots were granted`)
  }
  world.touched.add(license)
  await world.ledger.append(
    granted.map((fingerprint) => ({ change: 'activate', id: license.id, fingerprint })),
  )
  license.isPending = false
}

async function deactivate({ world, random }: Client, license: Expected): Promise<void> {
  const fingerprint = random.pick([...license.devices])
  if (fingerprint === undefined || license.status === 'revoked') return
  await world.change('deactivate', [license], {
    method: 'POST',
    path: 'deactivate',
    body: { key: license.key, fingerprint },
    repeated: [409],
    apply: () => {
      license.devices.delete(fingerprint)
      license.events.push('activation.deleted')
      return undefined
    },
  })
}

async function acquireSeat({ world, random }: Client, license: Expected): Promise<void> {
  if (license.status !== 'active') return
  const fingerprint = `seat-${random.below(4)}`
  const hasSeat = license.seats.has(fingerprint) || license.seats.size < soakPlan.max_seats
  await world.change('acquire', [license], {
    method: 'POST',
    path: 'seats/acquire',
    body: { key: license.key, fingerprint },
    done: [hasSeat ? 200 : 409],
    apply: ({ body }) => {
      const former = license.seats.get(fingerprint)
      if (former !== undefined && former !== body.id) {
        world.find('lost', `${license.id}: seat ${former} was replaced by ${body.id}`)
      }
      if (hasSeat) license.seats.set(fingerprint, body.id)
      return hasSeat ? [license] : []
    },
  })
}

async function releaseSeat({ world, random }: Client, license: Expected): Promise<void> {
  const [fingerprint, id] = random.pick([...license.seats]) ?? []
  if (fingerprint === undefined || license.status !== 'active') return
  await world.change('release', [license], {
    method: 'POST',
    path: 'seats/release',
    body: { key: license.key, id },
    repeated: [409],
    apply: () => {
      license.seats.delete(fingerprint)
      return undefined
    },
  })
}

async function rename({ world, nextKey }: Client, license: Expected): Promise<void> {
  if (license.status === 'revoked') return
  const customer_name = nextKey()
  await world.change('rename', [license], {
    method: 'PUT',
    path: `licenses/${license.id}`,
    body: { customer_name },
    apply: () => {
      license.name = customer_name
      license.events.push('license.updated')
      return undefined
    },
  })
}

type Status = Expected['status']

function transition(action: string, to: Status, event: string, from: readonly Status[]): Operation {
  return async ({ world, nextKey }, license) => {
    if (!from.includes(license.status)) return
    await world.change(action, [license], {
      method: 'POST',
      path: `licenses/${license.id}/${action}`,
      idempotencyKey: nextKey(),
      apply: () => {
        license.status = to
        license.events.push(event)
        return undefined
      },
    })
  }
}

function suspend(client: Client, license: Expected): Promise<void> {
  return transition('suspend', 'suspended', 'license.suspended', ['active'])(client, license)
}

function reinstate(client: Client, license: Expected): Promise<void> {
  return transition('reinstate', 'active', 'license.reinstated', ['suspended'])(client, license)
}

function revoke(client: Client, license: Expected): Promise<void> {
  return transition('revoke', 'revoked', 'license.revoked', ['active', 'suspended'])(
    client,
    license,
  )
}

async function renew({ world, nextKey }: Client, license: Expected): Promise<void> {
  if (license.expiresAt === null || license.status === 'revoked') return
  await world.change('renew', [license], {
    method: 'POST',
    path: `licenses/${license.id}/renew`,
    body: { days: 1 },
    idempotencyKey: nextKey(),
    apply: ({ body }) => {
      license.expiresAt = body.expires_at
      license.events.push('license.renewed')
      return undefined
    },
  })
}

async function rotateKey({ world, nextKey }: Client, license: Expected): Promise<void> {
  if (license.status === 'revoked') return
  await world.change('rotate', [license], {
    method: 'POST',
    path: `licenses/${license.id}/rotate-key`,
    idempotencyKey: nextKey(),
    apply: ({ body }) => {
      license.key = body.key
      license.events.push('license.key_rotated')
      return undefined
    },
  })
}

async function changeMany({ world, random, own, nextKey }: Client): Promise<void> {
  const start = random.below(own.length)
  const chosen = own.slice(start, start + 1 + random.below(BULK_MAX))
  const licenses = chosen.filter(({ id, status }) => status === 'active' && world.licenses.has(id))
  if (licenses.length === 0) return
  await endMany(world, licenses, random.chance(0.2) ? 'revoke' : 'suspend', nextKey())
}

/** Suspends or revokes active licenses: all or none of them. */
export async function endMany(
  world: World,
  licenses: readonly Expected[],
  action: 'suspend' | 'revoke',
  idempotencyKey: string,
): Promise<void> {
  const status = action === 'revoke' ? 'revoked' : 'suspended'
  await world.change('bulk', licenses, {
    method: 'POST',
    path: 'licenses/bulk',
    body: { action, ids: licenses.map(({ id }) => id) },
    idempotencyKey,
    apply: () => {
      for (const license of licenses) {
        license.status = status
        license.events.push(`license.${status}`)
      }
      return undefined
    },
  })
}
