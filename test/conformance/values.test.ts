import { afterEach, expect, setSystemTime, test } from 'bun:test'
import { Webhook } from 'standardwebhooks'
import { parseHostname } from '~/domain/hostnames.ts'
import { computeReturnCode, decodeRequestCode, parseReturnCode } from '~/domain/offline-files.ts'
import { signWebhook } from '~/webhooks/signature.ts'
import clock from '../../sdks/conformance/vectors/clock.json'
import domains from '../../sdks/conformance/vectors/domains.json'
import fingerprints from '../../sdks/conformance/vectors/fingerprints.json'
import freeDomains from '../../sdks/conformance/vectors/free-domains.json'
import hostnames from '../../sdks/conformance/vectors/hostnames.json'
import http from '../../sdks/conformance/vectors/http.json'
import judge from '../../sdks/conformance/vectors/judge.json'
import keys from '../../sdks/conformance/vectors/keys.json'
import offline from '../../sdks/conformance/vectors/offline.json'
import tokens from '../../sdks/conformance/vectors/tokens.json'
import webhooks from '../../sdks/conformance/vectors/webhooks.json'

afterEach(() => {
  setSystemTime()
})

test('vectors: all files are of the same version of the suite, which the README names', async () => {
  const all = [clock, domains, fingerprints, freeDomains, hostnames, http, judge, keys, offline]
  const versions = new Set([...all, tokens, webhooks].map(({ version }) => version))
  expect([...versions]).toEqual(['1.0'])
  const readme = await Bun.file(`${import.meta.dir}/../../sdks/conformance/README.md`).text()
  expect(readme).toStartWith('# Licet conformance suite, version 1.0\n')
})

test('vectors: the README explains every code that a case expects', async () => {
  const readme = await Bun.file(`${import.meta.dir}/../../sdks/conformance/README.md`).text()
  const states = JSON.stringify(
    judge.cases.map(({ steps }) => steps.map(({ expected }) => expected)),
  )
  const codes = [...states.matchAll(/"(?:code|error)":"([A-Z_]+)"/g)].map(([, code = '']) => code)
  const ours = [...codes, ...tokens.cases.map(({ expected }) => expected.code ?? 'MALFORMED')]
  /** Codes of the server, which clients only pass on. */
  const passedOn = new Set(['LICENSE_SUSPENDED', 'LICENSE_NOT_FOUND'])
  const unknown = [...new Set(ours)].filter((code) => !passedOn.has(code) && !readme.includes(code))
  expect(unknown).toEqual([])
})

/** Hosts that the server does not accept at all: a suffix, and names without a public suffix. */
const onlyInTokens = new Set(['a host that is called www', 'a domain that is called www'])

test.each(
  domains.cases.filter(({ dom, note }) => !dom.join().includes('*') && !onlyInTokens.has(note)),
)(
  'domain vectors: the server also finds that $dom covers $domain: $covered ($note)',
  ({ dom, domain, covered }) => {
    const host = parseHostname(domain)?.host
    const isCovered = dom.some((entry) => host !== undefined && parseHostname(entry)?.host === host)
    expect(isCovered).toBe(covered)
  },
)

test.each(offline.requests)(
  'offline vectors: the server decodes $code',
  ({ request, code, address }) => {
    expect(decodeRequestCode(code)).toEqual(request)
    expect(decodeRequestCode(address)).toEqual(request)
  },
)

test.each(offline.returns)(
  'offline vectors: the server computes the same code $code',
  ({ ret, jti, code }) => {
    expect(computeReturnCode(Buffer.from(ret, 'base64url'), jti)).toBe(code)
    expect(parseReturnCode(code)).toBe(code)
  },
)

test('fingerprint vectors: all hashes differ, except those of the same machine and app', () => {
  const hashes = fingerprints.machines.map(({ fingerprint }) => fingerprint)
  expect(new Set(hashes).size).toBe(hashes.length - 2)
  const names = fingerprints.stores.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(hashes.filter((hash) => !/^[0-9a-f]{64}$/.test(hash))).toEqual([])
})

test('webhook vectors: the server signs the valid case in the same way', () => {
  const { body = '', headers, secrets = [] } = webhooks.cases.find(({ id }) => id === 'valid') ?? {}
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers ?? {}
  expect(signWebhook(secrets, id, Number(timestamp), body)).toBe(
    headers?.['webhook-signature'] ?? '',
  )
})

/** Cases that only we reject: headers and bodies that Licet never sends. */
const strictOnly = new Set(['timestamp-fraction', 'timestamp-exponent', 'list-body', 'empty-body'])

test.each(webhooks.cases.filter(({ id }) => !strictOnly.has(id)))(
  'webhook vectors: the library of Standard Webhooks agrees on $id',
  ({ body, headers, secrets, now, expected }) => {
    setSystemTime(new Date(now * 1000))
    const accepts = secrets.some((secret) => {
      try {
        new Webhook(secret).verify(body, headers)
        return true
      } catch {
        return false
      }
    })
    expect(accepts).toBe(expected.ok)
  },
)
