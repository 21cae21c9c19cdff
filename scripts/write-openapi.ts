#!/usr/bin/env bun
// Writes openapi.json from the options of the routes, and the types of the Node SDK from that. A test
// fails while the file is out of date.
import { join } from 'node:path'
import { $ } from 'bun'
import { buildOpenApi } from '~/http/openapi/document.ts'
import { version } from '../package.json'
import { openTestApp } from '../test/support/app.ts'

const { app, close } = await openTestApp()
const text = JSON.stringify(buildOpenApi(app.routes, version), null, 2)
await Bun.write(join(import.meta.dir, '../openapi.json'), `${text}\n`)
await close()
await $`bun ${join(import.meta.dir, '../sdks/node/scripts/write-types.ts')}`
