// Runs the suite in Bun, Node.js and Deno.
import '../suite/all.ts'
import { runTests } from '../support/tap.ts'

console.log(await runTests())
