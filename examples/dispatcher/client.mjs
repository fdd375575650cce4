// Starts the server and sends 60 queries within a second, small and large ones, then tells which machine took which.
import { setTimeout as sleep } from 'node:timers/promises'

process.env.PORT ??= '0'
const { server } = await import('./server.mjs')
const url = `http://127.0.0.1:${server.address().port}/infer`

const queries = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 400 : 20))
const answers = await Promise.all(
  queries.map(async (items, i) => {
    await sleep(15 * i)
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ items }) })
    return response.json()
  }),
)
const counts = {}
for (const { items, machine } of answers) {
  counts[machine] ??= { small: 0, large: 0 }
  counts[machine][items > 100 ? 'large' : 'small']++
}
console.table(counts)
server.close()
server.closeAllConnections()
