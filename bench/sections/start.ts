import type { Run } from '../run.ts'
import { buildBodies } from '../seed.ts'
import { binary, buildBinary, startLicet } from '../servers.ts'

const STARTS_PER_ROUND = 4

/** Measures from the start of the binary to the response to a first validation. */
export async function measureStart(run: Run): Promise<void> {
  buildBinary()
  using workspace = await run.openWorkspace(run.manyLicenses)
  const { licetDirectory, logPath, keys } = workspace
  const [body] = buildBodies(keys.slice(0, 1))
  const durationsMs: number[] = []
  // The first start reads the binary from the disk.
  for (let count = 0; count <= run.rounds * STARTS_PER_ROUND; count += 1) {
    const startedAtMs = performance.now()
    await using licet = await startLicet(licetDirectory, logPath, {}, [binary])
    const verdict = (await licet.post('/api/v1/validate', body)) as { valid: boolean }
    if (!verdict.valid) throw new Error('The verdict is not valid.')
    durationsMs.push(performance.now() - startedAtMs)
  }
  run.report.add({
    name: `start with ${run.manyLicenses} licenses, to the first verdict`,
    values: durationsMs.slice(1),
    unit: 'ms',
    target: { atMost: 150, goal: 100 },
  })
}
