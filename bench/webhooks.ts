import { parseArgs } from 'node:util'
import { measureLatency, measureThroughput } from './deliveries.ts'
import { measureSweep } from './sweep.ts'

const help = `How quick webhooks are, on loopback, and what a sweep of expiries costs validation.

  bench/webhooks            deliveries per second to 1 and 50 receivers, then the latency
  bench/webhooks --sweep    validations beside a sweep, and without one

  --deliveries N   of each throughput (10000)
  --events N       whose latency is taken, one by one (200)
  --licenses N     that are validated (20000)
  --due N          that a sweep finds (10000)
  --rounds N       of each throughput, and of sweeps (5)
  --connections N  that validate (32)`

const { values } = parseArgs({
  options: {
    sweep: { type: 'boolean', default: false },
    deliveries: { type: 'string', default: '10000' },
    events: { type: 'string', default: '200' },
    licenses: { type: 'string', default: '20000' },
    due: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)

if (values.help) console.log(help)
else if (values.sweep) {
  await measureSweep({
    licenses: Number(values.licenses),
    due: Number(values.due),
    connections: Number(values.connections),
    rounds,
  })
} else {
  for (const receivers of [1, 50]) {
    await measureThroughput({ receivers, deliveries: Number(values.deliveries), rounds })
  }
  await measureLatency(Number(values.events))
}
