#!/usr/bin/env bun
// Opens a page with the script in the argument in headless Chromium, and prints the results that the
// page posts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TIMEOUT_MS = 120_000

const script = process.argv[2] ?? ''
const { promise: results, resolve } = Promise.withResolvers<string>()
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  routes: {
    '/': () =>
      new Response('<!doctype html><script type="module" src="/script.js"></script>', {
        headers: { 'content-type': 'text/html' },
      }),
    '/script.js': () => new Response(Bun.file(script)),
    '/results': async (request) => {
      resolve(await request.text())
      return new Response()
    },
  },
})

const profile = mkdtempSync(join(tmpdir(), 'licet-chromium-'))
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']
const browser = Bun.spawn(
  ['chromium', ...flags, ...quiet, `--user-data-dir=${profile}`, server.url.href],
  { stdout: 'ignore', stderr: 'ignore' },
)
const timer = setTimeout(() => resolve('not ok - the page posts its results'), TIMEOUT_MS)
console.log(await results)
clearTimeout(timer)
browser.kill()
await browser.exited
rmSync(profile, { recursive: true, force: true })
await server.stop(true)
