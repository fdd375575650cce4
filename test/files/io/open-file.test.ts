import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openFile, readBytes } from '../../../src/files/io/open-file.ts'
import { scratchFolder } from '../scratch.ts'

test('the size and the bytes of a file', async () => {
  const { write } = scratchFolder()
  const file = write('a.txt', 'text')
  expect((await openFile(file)).size).toBe(4)
  expect((await readBytes(file, 4)).toString()).toBe('text')
})

test('a hyphen is no file: the message names that of standard input', async () => {
  const { refusal } = scratchFolder()
  expect(await refusal(readBytes('-', 4))).toEqual({
    code: 'NO_FILE',
    message: '-: there is no such file or folder; standard input is /dev/stdin',
  })
})

test('a named pipe gives what another program writes to it, however late', async () => {
  const pipe = namedPipe()
  const reading = readBytes(pipe, 10)
  const writer = spawn('sh', ['-c', 'sleep 0.2; (printf one; sleep 0.2; printf two) > "$0"', pipe])
  expect((await reading).toString()).toBe('onetwo')
  await once(writer, 'close')
})

test('a named pipe without a writer is refused after ten seconds, instead of blocking forever', async () => {
  const { refusal } = scratchFolder()
  const pipe = namedPipe()
  fakeTimers()
  const refused = refusal(readBytes(pipe, 10))
  // the timer starts once the pipe is open
  while (vi.getTimerCount() === 0) await new Promise(setImmediate)
  vi.advanceTimersByTime(10_000)
  expect(await refused).toEqual({
    code: 'NO_FILE',
    message: `${pipe}: is a pipe that delivered no data in 10 s; start the program that writes to it, or give a file`,
  })
})

test('a named pipe may be silent for any time once it has delivered data', async () => {
  const pipe = namedPipe()
  fakeTimers()
  const { chunks } = await openFile(pipe)
  const writer = spawn('sh', ['-c', 'exec 3> "$0"; printf one >&3; read line; printf two >&3', pipe])
  const reading = chunks[Symbol.asyncIterator]()
  expect(String((await reading.next()).value)).toBe('one')
  vi.advanceTimersByTime(10_000)
  writer.stdin.end('\n')
  expect(String((await reading.next()).value)).toBe('two')
  expect((await reading.next()).done).toBe(true)
})

test('the wait for a named pipe ends when the caller ends it', async () => {
  fakeTimers()
  const stop = new AbortController()
  const { chunks, size } = await openFile(namedPipe(), { signal: stop.signal })
  const refused = expect(drain(chunks)).rejects.toMatchObject({ name: 'AbortError' })
  stop.abort()
  await refused
  expect(size).toBe(0)
  // a timer would keep the process; the pipe is closed in one of the next turns
  for (let turn = 0; turn < 1_000 && vi.getTimerCount() > 0; turn++) await new Promise(setImmediate)
  expect(vi.getTimerCount()).toBe(0)
})

test('a pipe of the shell is read to its end', async () => {
  const code = `
    import { readBytes } from ${JSON.stringify(new URL('../../../src/files/io/open-file.ts', import.meta.url).href)}
    process.stdout.write(String((await readBytes('/dev/stdin', 1 << 20)).length))`
  const loader = new URL('../../../.config/typescript.mjs', import.meta.url).href
  const command = 'head -c 300000 /dev/zero | "$0" --import "$1" --input-type=module -e "$2"'
  const printed = execFileSync('sh', ['-c', command, process.execPath, loader, code], { encoding: 'utf8' })
  expect(printed).toBe('300000')
})

test.each([
  ['a regular file', (path: string) => path],
  ['a device', () => '/dev/zero'],
])('%s beyond the limit is refused', async (_name, fileOf) => {
  const { write, refusal } = scratchFolder()
  const file = fileOf(write('a.txt', 'x'.repeat(2 << 20)))
  expect(await refusal(readBytes(file, 1 << 20))).toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(/: has more than 1 MiB; is this the right file\?$/),
  })
})

test.each([
  ['a folder', '.', /: is a folder; a file is expected$/],
  ['nothing', 'none', /none: there is no such file or folder; check the path$/],
])('%s is refused', async (_name, name, message) => {
  const { path, refusal } = scratchFolder()
  expect(await refusal(readBytes(path(name), 10))).toMatchObject({
    code: 'NO_FILE',
    message: expect.stringMatching(message),
  })
})

test('a socket is refused', async () => {
  const { path, refusal } = scratchFolder()
  const server = createServer().listen(path('socket'))
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  expect(await refusal(readBytes(path('socket'), 10))).toEqual({
    code: 'NO_FILE',
    message: 'socket: is a socket; a file is expected',
  })
})

function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

function namedPipe(): string {
  const pipe = scratchFolder().path('pipe')
  execFileSync('mkfifo', [pipe])
  return pipe
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}
