import { parseArgs } from 'node:util'
import { measureLatency, measureThroughput } from './deliveries.ts'
import { measureSweep } from './sweep.ts'

const help = `Measures webhook deliveries on loopback, and validations while licenses expire (a sweep).

Usage:
  bench/webhooks          deliveries per second to 1 and to 50 receivers, then the latency
  bench/webhooks --sweep  validations during a sweep and without one

Options (default):
  --deliveries N   deliveries per throughput measurement (10000)
  --events N       events per latency measurement, one at a time (200)
  --licenses N     licenses to validate during a sweep (20000)
  --due N          licenses that a sweep expires (10000)
  --rounds N       rounds of each throughput measurement and of sweeps (5)
  --connections N  concurrent connections that validate (32)`

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
