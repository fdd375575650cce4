/**
 * The peers of live suites, each in its own process: `peers.ts backend|proxy|grpc-js-proxy|faulty ...`.
 */
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { openChannel } from '../../src/serve/grpc/client/channel.ts'
import { listen } from '../../src/serve/grpc/listen.ts'
import { unaryBytes, unaryMessages } from '../../src/serve/grpc/server/unary.ts'
import { HEALTH, health } from '../../src/serve/protocols/health.ts'
import { scheduler } from '../../src/serve/protocols/scheduler.ts'
import { ask, connect } from '../../test/serve/grpc-js-client.ts'
import { listenGrpcJs } from '../../test/serve/grpc-js-server.ts'
import { raw } from '../../test/serve/raw-method.ts'

type Call = ServerUnaryCall<Buffer, Buffer>

const serve = raw(scheduler.Serve)
const [mode, ...addresses] = process.argv.slice(2)

if (mode === 'backend') {
  const reply = scheduler.Serve.responseSerialize({ exeTime: 0, idx: 0, qWait: 0 })
  const methods = new Map([
    [serve.path, unaryBytes((call) => void call.finish(reply))],
    unaryMessages(health.Check, () => ({ response: { status: HEALTH.serving } })),
  ])
  const opened = await Promise.all(Array.from({ length: Number(addresses[0]) }, () => listen(methods)))
  console.log(opened.map(({ address }) => address).join(' '))
} else if (mode === 'faulty') {
  // stands in front of a server; stdin sets its fault: nothing, slow, garbage or reset
  const client = connect(addresses[0])
  let fault = 'nothing'
  const server = new Server()
  server.addService({ Serve: serve } as never, {
    Serve: (call: Call, answer: sendUnaryData<Buffer>) => {
      const startedMs = performance.now()
      if (fault === 'garbage') return answer(null, Buffer.from('<html>not found</html>'))
      ask(client, serve, call.request, {}, (error, reply) => {
        const more = fault === 'slow' ? 9 * (performance.now() - startedMs) : 0
        setTimeout(() => answer(error, reply), more)
      })
    },
  })
  server.addService(health as never, {
    Check: (_call: unknown, answer: sendUnaryData<object>) => answer(null, { status: HEALTH.serving }),
  })
  const [host, port] = (await listenGrpcJs(server)).address.split(':')
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
    if (fault === 'reset') for (const socket of sockets) socket.resetAndDestroy()
  }, 200)
  process.stdin.setEncoding('utf8').on('data', (text) => {
    fault = String(text).trim()
  })
  front.listen(0, host, () => console.log(`${host}:${(front.address() as AddressInfo).port}`))
} else if (mode === 'proxy') {
  // passes bytes on to the servers in turn
  const channels = addresses.map((address) => openChannel(address, { maxMessageBytes: 2 ** 24 }))
  let next = 0
  const pass = unaryBytes((asked, request) => {
    const { path, timeoutMs } = asked
    next = (next + 1) % channels.length
    const call = channels[next].call({ path, message: request, timeoutMs }, (result) => {
      if (result.kind === 'response') asked.finish(result.message)
      else asked.end(result)
    })
    return () => call.cancel()
  })
  console.log((await listen(new Map([[serve.path, pass]]))).address)
} else {
  // the same with a gRPC stack on each leg
  const clients = addresses.map((address) => connect(address))
  let next = 0
  const server = new Server()
  server.addService({ Serve: serve } as never, {
    Serve: (call: Call, answer: sendUnaryData<Buffer>) => {
      next = (next + 1) % clients.length
      ask(clients[next], serve, call.request, {}, answer)
    },
  })
  console.log((await listenGrpcJs(server)).address)
}
