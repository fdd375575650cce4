import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { listenAdmin } from '../../../src/serve/router/admin.ts'

test('of 65 connections the oldest without a request is closed, and the newest is answered', async () => {
  const admin = await listenAdmin('127.0.0.1', 0, (_, response) => void response.end('fine'))
  onTestFinished(() => admin.close())
  const [host, port] = admin.address.split(':')
  const sockets = Array.from({ length: 64 }, () => connect(Number(port), host))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  const answer = await fetch(`http://${admin.address}/`)
  expect(await answer.text()).toBe('fine')
  // one that is closed for its slowness, after two seconds, is told so
  expect(await text(sockets[0])).toBe('')
})
