#!/usr/bin/env bun
// Runs the conformance tests somewhere else: run.ts ENTRY SCRIPT COMMAND… writes the bundled entry to
// the script, and runs the command with it while the fixture server runs.
import { startFixture } from '../test/client/fixture.ts'
import { bundleTests } from './bundle.ts'

const [entry = '', script = '', ...command] = process.argv.slice(2)
await using fixture = await startFixture()
await Bun.write(script, await bundleTests(entry, fixture.url))
const runner = Bun.spawn([...command, script], { stdout: 'inherit' })
process.exitCode = await runner.exited
