#!/usr/bin/env bun
// Bundles the suite for a runtime, with the package as it is built: bundle.ts ENTRY FILE. It runs against
// the server at LICET_URL, with the admin token LICET_TOKEN.
import { join } from 'node:path'

const [entry = '', file = ''] = process.argv.slice(2)
const { LICET_URL, LICET_TOKEN } = process.env
const { outputs } = await Bun.build({
  entrypoints: [join(import.meta.dir, 'runtimes', entry)],
  target: 'browser',
  define: { PRIMARY_URL: JSON.stringify(LICET_URL), ADMIN_TOKEN: JSON.stringify(LICET_TOKEN) },
  // The package has no side effects, but its tests do.
  ignoreDCEAnnotations: true,
  plugins: [
    {
      name: 'the built package',
      setup: (build) =>
        void build.onResolve({ filter: /\/src\/index\.ts$/ }, () => ({
          path: join(import.meta.dir, '../dist/index.js'),
        })),
    },
  ],
})
await Bun.write(file, (await outputs[0]?.text()) ?? '')
