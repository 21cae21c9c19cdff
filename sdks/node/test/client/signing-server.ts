import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

const DAY = 86_400
/** Short, so that a held seat is renewed at once. */
const SEAT_SECONDS = 1

export interface Request {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

export type Reply = { readonly status: number; readonly body: unknown } | 'silence'

/** A server that signs like Licet, with a key of its own. */
export interface SigningServer extends AsyncDisposable {
  readonly url: string
  readonly publicKeys: readonly string[]
  readonly requests: readonly Request[]
  /** Replaces the replies of the server, unless it returns null: by default, everything is granted. */
  reply: ((request: Request) => Reply | null) | null
  signFile(changes?: Readonly<Record<string, unknown>>): string
  signFeed(revoked: readonly (readonly [string, number])[]): string
  /** Closes the port. */
  stop(): Promise<void>
  /** Opens the same port again. */
  start(): Promise<void>
}

export async function startSigningServer(): Promise<SigningServer> {
  const key = createKey()
  const requests: Request[] = []
  let port = 0
  let server: Server | null = null
  const signing: SigningServer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    publicKeys: [key.x],
    requests,
    reply: null,
    signFile: (changes) => key.sign('licet-file+jwt', { ...buildFile(), ...changes }),
    signFeed: (revoked) => key.sign('licet-revocations+jwt', buildFeed(revoked)),
    async start() {
      server = createServer(async (request, response) => {
        let rawBody = ''
        for await (const chunk of request) rawBody += chunk
        const seen = { path: request.url ?? '', body: JSON.parse(rawBody) }
        requests.push(seen)
        const reply = signing.reply?.(seen) ?? grant(key, seen, rawBody)
        if (reply === 'silence') return
        response.writeHead(reply.status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(reply.body))
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      if (typeof address === 'object' && address !== null) port = address.port
    },
    async stop() {
      const stopping = server
      server = null
      stopping?.closeAllConnections()
      if (stopping !== null) await new Promise((resolve) => stopping.close(resolve))
    },
    [Symbol.asyncDispose]: () => signing.stop(),
  }
  await signing.start()
  return signing
}

type Key = ReturnType<typeof createKey>

function createKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const kid = hash(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).slice(0, 16)
  return {
    x,
    sign(typ: string, claims: object): string {
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
      const text = `${encode({ alg: 'EdDSA', kid, typ })}.${encode(claims)}`
      return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
    },
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('base64url')

function grant(key: Key, { path, body }: Request, rawBody: string): Reply {
  const proof = {
    non: body.nonce ?? null,
    req: hash(rawBody),
    rte: path.replace(/^.*\/api\/v1/, ''),
  }
  const fp = typeof body.fingerprint === 'string' ? hash(body.fingerprint) : null
  const lease = { ...buildLease(), ...proof, fp }
  if (path.includes('/seats/')) {
    const sea = { id: 'seat_1', exp: lease.iat + SEAT_SECONDS }
    const signed = body.nonce == null ? undefined : key.sign('licet-lease+jwt', { ...lease, sea })
    const expiresAt = new Date(sea.exp * 1000).toISOString()
    return { status: 200, body: { id: sea.id, expires_at: expiresAt, signed } }
  }
  const signed = body.nonce == null ? undefined : key.sign('licet-lease+jwt', lease)
  const license = { id: 'lic_1', plan: 'pro', features: { sso: true }, expiresAt: null }
  return { status: 200, body: { valid: true, license, warnings: [], signed } }
}

function buildStamp() {
  const iat = Math.floor(Date.now() / 1000)
  return { iss: 'licet', jti: randomBytes(16).toString('base64url'), iat, nbf: iat - 300 }
}

function buildLicense() {
  const license = { aud: 'editor', sub: 'lic_1', valid: true, plan: 'pro', features: { sso: true } }
  return { ...license, warnings: [], dom: null, fp: null, act: [], sea: null, end: null, rev: 0 }
}

function buildLease() {
  const stamp = buildStamp()
  const { iat } = stamp
  const times = { rfa: iat + DAY, vld: iat + 7 * DAY, exp: iat + 30 * DAY }
  return { ...stamp, ...buildLicense(), ...times }
}

function buildFile() {
  const stamp = buildStamp()
  const exp = stamp.iat + 365 * DAY
  const ret = randomBytes(16).toString('base64url')
  return { ...stamp, ...buildLicense(), rfa: exp, vld: exp, exp, non: null, req: null, ret }
}

function buildFeed(revoked: readonly (readonly [string, number])[]) {
  const stamp = buildStamp()
  return { ...stamp, exp: stamp.iat + 7 * DAY, from: 0, to: 1, more: false, revoked, keys: [] }
}
