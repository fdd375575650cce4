// An HTTP server that answers POST /infer { "items": 120 }: the dispatcher of kairos-wasm decides which of the machines
// takes each query. The machines are functions here. Put a call of your model server in the place of `infer`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createDispatcher, readWorkload } from 'kairos-wasm'

const workload = await readWorkload(fileURLToPath(new URL('workload.yaml', import.meta.url)))
const bins = workload.latency.batchSizes
const fleet = [
  { name: 'gpu-0', type: 'gpu', msPerItem: 0.05 },
  { name: 'cpu-0', type: 'cpu', msPerItem: 0.4 },
  { name: 'cpu-1', type: 'cpu', msPerItem: 0.4 },
]
// instances are numbered type by type, as the fleet above
const dispatcher = createDispatcher({ workload, types: ['gpu', 'cpu'], counts: [1, 2] })
/** Per number of a query what to do once it has a machine. */
const waiting = new Map()
let queries = 0

/** The answer of a machine. */
async function infer(machine, items) {
  await sleep(2 + machine.msPerItem * items)
  return { items, machine: machine.name }
}

/** Resolves with the number of the instance that takes the query. */
function instanceFor(items) {
  const bin = bins.findIndex((size) => size >= items)
  if (bin < 0) throw new RangeError(`more than ${bins.at(-1)} items`)
  const query = queries++
  return new Promise((resolve) => {
    waiting.set(query, resolve)
    dispatcher.arrive(query, bin, performance.now())
    startQueries()
  })
}

/** Asks for decisions. To be called after every arrival and every completion. */
function startQueries() {
  for (const { query, instance } of dispatcher.decide(performance.now())) {
    waiting.get(query)(instance)
    waiting.delete(query)
  }
}

async function serve(items) {
  const instance = await instanceFor(items)
  let served = false
  try {
    const answer = await infer(fleet[instance], items)
    served = true
    return answer
  } finally {
    dispatcher.complete(instance, performance.now(), served)
    startQueries()
  }
}

export const server = createServer(async (request, response) => {
  try {
    let text = ''
    for await (const piece of request) text += piece
    const answer = await serve(Number(JSON.parse(text).items))
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  } catch (error) {
    response.writeHead(400).end(String(error))
  }
})

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1')
await once(server, 'listening')
console.error(`serving on http://127.0.0.1:${server.address().port}/infer`)
