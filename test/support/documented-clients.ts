import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Server } from 'bun'
import { assert } from '~/assert.ts'
import { openTestApp, type TestApp } from './app.ts'
import { blockOf, readPage } from './pages.ts'
import { Sandbox } from './server.ts'

const DAY_MS = 86_400_000
const UNKNOWN_KEY = 'an-unknown-imported-key'

const webPage = '<!doctype html><title>Sign in to the hotel network</title>'

const json = { headers: { 'content-type': 'application/json' } }
const html = { headers: { 'content-type': 'text/html' } }

/** Everything that a network between an app and its server responds with, none of it a verdict. */
const portals: Readonly<Record<string, () => Response>> = {
  'web page': () => new Response(webPage, html),
  'web page with 404': () => new Response(webPage, { ...html, status: 404 }),
  'redirect to a web page': () => Response.redirect('/web page', 302),
  'redirect to a refusal': () => Response.redirect('/refusal', 307),
  'web page as JSON': () => new Response(webPage, json),
  'incomplete JSON': () => new Response('{"valid":false,"error":"LICENSE_REV', json),
  'empty response': () => new Response('', json),
  'JSON null': () => new Response('null', json),
  'JSON list': () => new Response('[{"valid":false}]', json),
  'other JSON': () => Response.json({ login: true }),
  'other JSON with 404': () => Response.json({ error: 'not found' }, { status: 404 }),
  'false without a reason': () => Response.json({ valid: false }),
  'true without a license': () => Response.json({ valid: true }),
  'truth as text': () => Response.json({ valid: 'false', error: 'LICENSE_REVOKED' }),
  'refusal as a web page': () =>
    new Response('{"valid":false,"error":"LICENSE_REVOKED"}', {
      headers: { 'content-type': 'text/html' },
    }),
  'refusal with 403': () => Response.json({ valid: false, error: 'BLOCKED' }, { status: 403 }),
  'problem 404': () =>
    new Response('{"status":404,"code":"not_found"}', {
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
    }),
  'too many requests': () => Response.json({}, { status: 429 }),
  'network sign-in required': () => new Response(webPage, { ...html, status: 511 }),
  'bad gateway': () => new Response(webPage, { ...html, status: 502 }),
}

/** A client of docs/clients.md, and how it is run. */
export interface Client {
  readonly language: string
  readonly file: string
  readonly command: readonly string[]
  /** Makes the timeout short, for servers that never respond. */
  readonly hurry: readonly [string, string]
  /** Calls the client with each of the arguments' servers, and prints a JSON list of pairs. */
  readonly driver: string
}

let app: TestApp
let portal: Server<undefined>
let licet = ''
const sandbox = new Sandbox()
const patient = sandbox.path
const hurried = sandbox.at('hurried')

beforeAll(async () => {
  app = await openTestApp()
  app.clock.advanceMs(Date.now() - app.clock.nowMs())
  app.app.listen({ hostname: '127.0.0.1', port: 0 })
  licet = `http://127.0.0.1:${app.app.server?.port}`
  portal = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request): Response | Promise<Response> {
      const [, name = ''] = decodeURIComponent(new URL(request.url).pathname).split('/')
      if (name === 'silent') return new Promise(() => {})
      if (name === 'refusal') return Response.json({ valid: false, error: 'LICENSE_REVOKED' })
      return portals[name]?.() ?? new Response(null, { status: 500 })
    },
  })
})

afterAll(async () => {
  await portal.stop(true)
  await app.app.server?.stop(true)
  await app.close()
  sandbox[Symbol.dispose]()
})

function writeClient({ language, file, hurry, driver, command }: Client): void {
  const block = blockOf(readPage('docs/clients.md'), language)
  assert(block.includes(hurry[0]), `the ${language} client has a timeout`)
  mkdirSync(hurried, { recursive: true })
  for (const directory of [patient, hurried]) {
    writeFileSync(join(directory, file), directory === hurried ? block.replace(...hurry) : block)
    writeFileSync(join(directory, command[1] ?? ''), driver)
  }
}

/** Tests a client against a server, and against networks that respond in its place. */
export function testClient(client: Client): void {
  beforeAll(() => writeClient(client))

  /** Returns [allowed, message] for each server. */
  async function check(key: string, name: string, servers: readonly string[], cwd = patient) {
    const file = sandbox.at(`${client.language}-${name}.json`)
    const child = Bun.spawn([...client.command, file, key, ...servers], {
      cwd,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
    expect(stderr).toBe('')
    const results: [boolean, string][] = JSON.parse(stdout)
    return { file, results, allowed: results.map(([allowed]) => allowed) }
  }
  const noAnswers = () => [
    ...Object.keys(portals).map(
      (name) => `http://127.0.0.1:${portal.port}/${encodeURIComponent(name)}`,
    ),
    'http://127.0.0.1:1',
    `${licet}/a-wrong-path`,
  ]

  /** Returns what the client concludes from servers that respond wrongly or not at all. */
  async function checkWithoutAnswer(key: string) {
    const responding = await check(key, 'valid', noAnswers())
    const silent = [`http://127.0.0.1:${portal.port}/silent`, 'http://no-such-host.invalid']
    const { results } = await check(key, 'valid', silent, hurried)
    return [...responding.results, ...results]
  }

  test(`clients, ${client.language}: only a verdict of the server refuses, and everything else keeps the last verdict`, async () => {
    const { id, key } = await app.createLicense()
    const expectToLast = async (allowed: boolean) => {
      const { results } = await check(key, 'valid', [licet])
      expect(results).toEqual([[allowed, expect.any(String)]])
      for (const result of await checkWithoutAnswer(key)) expect([result]).toEqual(results)
    }
    await expectToLast(true)
    await app.send('POST', `/api/v1/licenses/${id}/suspend`)
    await expectToLast(false)
    await app.send('POST', `/api/v1/licenses/${id}/reinstate`)
    await expectToLast(true)
  })

  test(`clients, ${client.language}: an unknown key is refused by its 404 verdict`, async () => {
    const { results } = await check(UNKNOWN_KEY, 'unknown', [licet])
    const { body } = await app.validate({ key: UNKNOWN_KEY })
    expect(body.error).toBe('LICENSE_NOT_FOUND')
    expect(results).toEqual([[false, body.message]])
  })

  test(`clients, ${client.language}: without any answer there is no verdict of a first start, another key or a damaged file`, async () => {
    const { key } = await app.createLicense()
    const closed = 'http://127.0.0.1:1'
    const first = await check(key, 'first', [closed])
    expect(first.allowed).toEqual([false])
    expect(first.results[0]?.[1]).toContain('could not be checked')
    expect(existsSync(first.file)).toBe(false)

    expect((await check(key, 'first', [licet, closed])).allowed).toEqual([true, true])
    expect((await check(`${key}-other`, 'first', [closed])).allowed).toEqual([false])
    writeFileSync(first.file, '{"key":')
    expect((await check(key, 'first', [closed, licet])).allowed).toEqual([false, true])
  })

  test(`clients, ${client.language}: the last verdict counts for 14 days and no later than the expiration`, async () => {
    const expiresAt = new Date(Date.now() + 3 * DAY_MS).toISOString().replace(/\.\d+/, '')
    const { key } = await app.createLicense({ expires_at: expiresAt })
    const closed = 'http://127.0.0.1:1'
    const { file } = await check(key, 'age', [licet])
    const stored = readFileSync(file, 'utf8')
    const unitMs = client.language === 'js' ? 1 : 1000

    /** Whether a verdict that arrived so long ago still counts, if it had this expiration. */
    async function countsAfter(days: number, expiresInDays: number | null) {
      const record = JSON.parse(stored)
      record.at = Math.round((Date.now() - days * DAY_MS) / unitMs)
      const endMs = Date.now() + (expiresInDays ?? 0) * DAY_MS
      record.verdict.license.expiresAt =
        expiresInDays === null ? null : new Date(endMs).toISOString().replace(/\.\d+/, '')
      writeFileSync(file, JSON.stringify(record))
      return (await check(key, 'age', [closed])).allowed[0]
    }

    expect(JSON.parse(stored).verdict.license.expiresAt).toBe(expiresAt)
    expect(await countsAfter(13.9, null)).toBe(true)
    expect(await countsAfter(14.1, null)).toBe(false)
    expect(await countsAfter(-14.1, null)).toBe(false)
    expect(await countsAfter(2, 1)).toBe(true)
    expect(await countsAfter(2, -1)).toBe(false)
    expect(await countsAfter(1, -2)).toBe(true)
  })
}
