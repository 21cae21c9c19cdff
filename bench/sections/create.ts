import { buildRequests } from '../load.ts'
import type { Run } from '../run.ts'
import { startLicet } from '../servers.ts'
import { listFigures, takeTurns, warmUp } from '../turns.ts'
import { addRate } from './validate.ts'

const CONNECTIONS = 64
const ORDERS = 1000

/** Measures purchases: requests that create one license each, confirmed once it is on disk. */
export async function measureCreation(run: Run): Promise<void> {
  const { report, rounds, seconds } = run
  using workspace = await run.openWorkspace(run.licenses)
  await using server = await startLicet(workspace.licetDirectory, workspace.logPath)
  const orders = Array.from({ length: ORDERS }, (_, index) => ({
    plan: 'professional',
    customer_email: `order${index}@customer.com`,
  }))
  const options = { path: '/api/v1/licenses', token: server.token, expected: '"key":' }
  const create = { server, requests: buildRequests(orders, options) }
  await warmUp([create])
  const turns = await takeTurns({ create }, { rounds, seconds, connections: CONNECTIONS })
  addRate(report, `create a license, durable, ${CONNECTIONS} clients`, turns.create, {
    atLeast: 4000,
  })
  report.add({ name: 'p99 of it', values: listFigures(turns.create, 'p99Ms'), unit: 'ms' })
}
