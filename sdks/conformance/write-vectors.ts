#!/usr/bin/env bun
// Writes the vectors that are generated. With --check it writes nothing, and fails if one of the files
// is out of date. The same source always gives the same bytes.
import { join } from 'node:path'
import { buildHttpVectors } from './source/http/vectors.ts'
import { buildJudgeVectors } from './source/judge/vectors.ts'
import { buildTokenVectors } from './source/tokens/vectors.ts'
import { buildClockVectors } from './source/values/clock.ts'
import { buildDomainVectors } from './source/values/domains.ts'
import { buildFingerprintVectors } from './source/values/fingerprints.ts'
import { buildOfflineVectors } from './source/values/offline.ts'
import { buildWebhookVectors } from './source/values/webhooks.ts'

/** The version of the suite: see README.md, "Versions". */
const VERSION = '1.0'

const builders = {
  clock: buildClockVectors,
  domains: buildDomainVectors,
  fingerprints: buildFingerprintVectors,
  http: buildHttpVectors,
  judge: buildJudgeVectors,
  offline: buildOfflineVectors,
  tokens: buildTokenVectors,
  webhooks: buildWebhookVectors,
}

for (const [name, build] of Object.entries(builders)) {
  const target = Bun.file(join(import.meta.dir, 'vectors', `${name}.json`))
  const text = `${JSON.stringify({ version: VERSION, ...build() }, null, 2)}\n`
  if (!process.argv.includes('--check')) {
    await target.write(text)
  } else if (!(await target.exists()) || (await target.text()) !== text) {
    console.error(`sdks/conformance/vectors/${name}.json differs from its source.`)
    process.exitCode = 1
  }
}
