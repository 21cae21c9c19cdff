import { existsSync, readFileSync } from 'node:fs'

/**
 * Preloaded by server processes under test: starts their clock at TEST_CLOCK_MS. The file that
 * TEST_CLOCK_JUMP_FILE names makes it jump by the number of ms in it, while the process runs.
 */
const { TEST_CLOCK_MS, TEST_CLOCK_JUMP_FILE: jumpFile } = process.env
const realNow = Date.now
const offsetMs = Number(TEST_CLOCK_MS) - realNow()
let jumpMs = 0
Date.now = () => realNow() + offsetMs + jumpMs

if (jumpFile !== undefined) {
  const readJump = () => {
    if (existsSync(jumpFile)) jumpMs = Number(readFileSync(jumpFile, 'utf8'))
  }
  setInterval(readJump, 100).unref()
}
