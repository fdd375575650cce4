/**
 * The peers of bench/serve.ts, each in its own process: `serve-peers.ts backend|proxy|faulty ...`.
 */
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { ask, connect } from '../src/serve/grpc/connect.ts'
import { listen } from '../src/serve/grpc/listen.ts'
import { raw } from '../src/serve/grpc/method.ts'
import { HEALTH, health } from '../src/serve/protocols/health.ts'
import { scheduler } from '../src/serve/protocols/scheduler.ts'

type Call = ServerUnaryCall<Buffer, Buffer>

const serve = raw(scheduler.Serve)
const [mode, ...addresses] = process.argv.slice(2)

if (mode === 'backend') {
  const reply = scheduler.Serve.responseSerialize({ exeTime: 0, idx: 0, qWait: 0 })
  const ports: string[] = []
  for (let i = 0; i < Number(addresses[0]); i++) {
    const server = new Server()
    server.addService({ Serve: serve } as never, {
      Serve: (_call: Call, answer: sendUnaryData<Buffer>) => answer(null, reply),
    })
    server.addService(health as never, {
      Check: (_call: unknown, answer: sendUnaryData<object>) => answer(null, { status: HEALTH.serving }),
    })
    ports.push((await listen(server)).address)
  }
  console.log(ports.join(' '))
} else if (mode === 'faulty') {
  // stands in front of a server; stdin sets its fault: nothing, slow, garbage or reset
  const client = connect(addresses[0])
  let ails = 'nothing'
  const server = new Server()
  server.addService({ Serve: serve } as never, {
    Serve: (call: Call, answer: sendUnaryData<Buffer>) => {
      const startedMs = performance.now()
      if (ails === 'garbage') return answer(null, Buffer.from('<html>not found</html>'))
      ask(client, serve, call.request, {}, (error, reply) => {
        const more = ails === 'slow' ? 9 * (performance.now() - startedMs) : 0
        setTimeout(() => answer(error, reply), more)
      })
    },
  })
  server.addService(health as never, {
    Check: (_call: unknown, answer: sendUnaryData<object>) => answer(null, { status: HEALTH.serving }),
  })
  const [host, port] = (await listen(server)).address.split(':')
  const sockets = new Set<Socket>()
  const front = createServer((socket) => {
    const behind = dial(Number(port), host)
    socket.pipe(behind).pipe(socket)
    sockets.add(socket)
    for (const end of [socket, behind]) {
      end.on('error', () => undefined)
      end.on('close', () => {
        sockets.delete(socket)
        socket.destroy()
        behind.destroy()
      })
    }
  })
  setInterval(() => {
    if (ails === 'reset') for (const socket of sockets) socket.resetAndDestroy()
  }, 200)
  process.stdin.setEncoding('utf8').on('data', (text) => {
    ails = String(text).trim()
  })
  front.listen(0, host, () => console.log(`${host}:${(front.address() as AddressInfo).port}`))
} else {
  // passes bytes on to the servers in turn
  const clients = addresses.map((address) => connect(address))
  let next = 0
  const server = new Server()
  server.addService({ Serve: serve } as never, {
    Serve: (call: Call, answer: sendUnaryData<Buffer>) => {
      next = (next + 1) % clients.length
      ask(clients[next], serve, call.request, {}, answer)
    },
  })
  console.log((await listen(server)).address)
}
