import { readWorkload } from '../src/files/workload.ts'
import { readServiceAddresses } from '../src/files/service-addresses.ts'
import { startEmulator } from '../src/serve/emulator.ts'
import { distribute } from '../src/serve/distribute.ts'
import { generateTrace } from '../src/model/generate-trace.ts'
import { replay } from '../src/replay/replay.ts'
import { metricsOf, summarise } from '../src/replay/metrics.ts'
const workload = await readWorkload('rm2')
const types = ['g4dn.xlarge','c5n.2xlarge','r5n.large','t3.xlarge'], counts=[2,0,9,0]
const trace = generateTrace({arrivals:'poisson', rate: 90, queries: 1000, seed: 5, mix: workload.mix})
const file = process.argv[2]
const e = file ? undefined : await startEmulator({workload, types, counts})
const addresses = file ? await readServiceAddresses(file) : e!.servers.map(s=>s.address)
const d = await distribute({workload, types, counts, addresses, trace})
const r = replay({workload, types, counts, trace, service:'sampled'})
const m = metricsOf(d as never), n = metricsOf(r)
console.log('live', m.violations, m.throughput.toFixed(2), m.latencyMs, d.fellBehind, d.failures.length)
console.log('replay', n.violations, n.throughput.toFixed(2), n.latencyMs)
console.log('lag', summarise(d.lagMs), 'decision', summarise(d.decisionMs))
console.log('service over', summarise(d.finishMs.map((f,i)=>f-d.startMs[i]-d.exeMs[i])))
console.log('mean diff %', 100*(m.latencyMs.avg/n.latencyMs.avg-1))
await e?.close()
