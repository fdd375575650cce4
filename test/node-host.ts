// Tests run in Node, with the host that the entries for Node provide.
import { provideHost } from '../src/kernel/host.ts'
import { nodeHost } from '../src/workers/node-host.ts'

provideHost(nodeHost)
