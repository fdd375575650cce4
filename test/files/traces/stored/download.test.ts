import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Download, download } from '../../../../src/files/traces/stored/download.ts'
import { freePort } from '../../../free-port.ts'
import { serveTraces } from './trace-server.ts'

async function downloaded(url: string, options: Partial<Download> = {}): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of download(new URL(url), { mostBytes: 1000, ...options })) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('brings the bytes of a file, with the authorization of its root', async () => {
  const heard: (string | string[] | undefined)[] = []
  const { url } = await serveTraces({
    '/a': 'text',
    '/b': (request, response) => {
      const { authorization, 'accept-encoding': encoding } = request.headers
      heard.push(authorization, encoding)
      response.end('secret')
    },
  })
  expect(await downloaded(`${url}a`)).toBe('text')
  expect(await downloaded(`${url}b`, { authorization: 'Basic abc' })).toBe('secret')
  expect(heard).toEqual(['Basic abc', 'identity'])
})

test('is bounded in size, also where the server does not say how much comes', async () => {
  const { url } = await serveTraces({
    '/whole': 'x'.repeat(1001),
    '/endless': (_, response) => {
      const more = () => response.write('x'.repeat(500), () => setImmediate(more))
      response.on('error', () => undefined)
      more()
    },
  })
  for (const file of ['whole', 'endless']) {
    await expect(downloaded(url + file)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: `${url}${file}: has more than 1000 bytes; is this the right file?`,
    })
  }
  expect(await downloaded(`${url}whole`, { mostBytes: 1001 })).toHaveLength(1001)
})

test('is bounded in time: before the answer, within it, and as a whole', async () => {
  const { url } = await serveTraces({
    '/never': () => undefined,
    '/stops': (_, response) => response.write('x'),
    '/slow': (_, response) => {
      const drip = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(drip))
    },
  })
  const silent = { silenceMs: 100, longestMs: 60_000 }
  const isSilent = { code: 'NO_FILE', message: expect.stringContaining('sent nothing for 0.1 s') }
  await expect(downloaded(`${url}never`, silent)).rejects.toMatchObject(isSilent)
  await expect(downloaded(`${url}stops`, silent)).rejects.toMatchObject(isSilent)
  await expect(downloaded(`${url}slow`, { longestMs: 200, silenceMs: 60_000 })).rejects.toMatchObject({
    message: expect.stringContaining('took longer than 0.2 s'),
  })
})

test('a server that is slow but alive is waited for: the answer and the first bytes have a silence each', async () => {
  const { url } = await serveTraces({
    '/slow': (_, response) => {
      setTimeout(() => response.flushHeaders(), 1_200)
      setTimeout(() => response.end('ab'), 2_400)
    },
  })
  expect(await downloaded(`${url}slow`, { silenceMs: 2_000 })).toBe('ab')
})

test('leaves no timer and no listener behind, which would keep the process or the signal', async () => {
  const { url } = await serveTraces({ '/a': 'text' })
  const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')]
  onTestFinished(() => void vi.restoreAllMocks())
  const { signal } = new AbortController()
  const limits = { silenceMs: 60_001, longestMs: 60_002 }
  expect(await downloaded(`${url}a`, { ...limits, signal })).toBe('text')
  const timers = set.mock.results.filter((_, i) => Object.values(limits).includes(set.mock.calls[i][1]!))
  expect(timers).toHaveLength(2)
  for (const { value } of timers) expect(clear).toHaveBeenCalledWith(value)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('an answer without a body is an empty file', async () => {
  const { url } = await serveTraces({ '/none': (_, response) => response.writeHead(204).end() })
  expect(await downloaded(`${url}none`)).toBe('')
})

test('follows no redirect', async () => {
  const elsewhere = await serveTraces({ '/secret': 'secret' })
  const { url } = await serveTraces({
    '/a': (_, response) => response.writeHead(302, { location: `${elsewhere.url}secret` }).end(),
  })
  await expect(downloaded(`${url}a`)).rejects.toMatchObject({
    code: 'NO_FILE',
    message: expect.stringMatching(/redirects are not followed; give the address/),
  })
  expect(elsewhere.asked).toEqual([])
})

test.each([
  [400, /is not there \(status 400\)/],
  [404, /is not there \(status 404\)/],
  [401, /another name or password.*KAIROS_TRACE_PASSWORD/],
  [403, /another name or password/],
  [500, /status 500/],
])('explains status %i', async (status, message) => {
  const { url } = await serveTraces({ '/a': (_, response) => response.writeHead(status).end('page') })
  await expect(downloaded(`${url}a`)).rejects.toMatchObject({
    code: 'NO_FILE',
    message: expect.stringMatching(message),
  })
})

test('names what keeps a server from answering, and a file that ends early', async () => {
  await expect(downloaded(`http://127.0.0.1:${await freePort()}/a`)).rejects.toMatchObject({
    code: 'NO_FILE',
    message: expect.stringContaining('cannot be downloaded (ECONNREFUSED)'),
  })
  // a port that no browser uses, which Node refuses without a code
  await expect(downloaded('http://127.0.0.1:1/a')).rejects.toMatchObject({
    code: 'NO_FILE',
    message: expect.stringContaining('cannot be downloaded (bad port)'),
  })
  const { url } = await serveTraces({
    '/cut': (_, response) => {
      response.writeHead(200, { 'content-length': '500' })
      response.write('x', () => response.destroy())
    },
  })
  await expect(downloaded(`${url}cut`)).rejects.toMatchObject({
    code: 'NO_FILE',
    message: expect.stringContaining('cannot be downloaded'),
  })
})

test('ends with the reason of an aborted signal', async () => {
  const { url } = await serveTraces({ '/never': () => undefined })
  const controller = new AbortController()
  const reason = new Error('enough')
  const ended = downloaded(`${url}never`, { signal: controller.signal })
  controller.abort(reason)
  await expect(ended).rejects.toBe(reason)
  await expect(downloaded(`${url}never`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
